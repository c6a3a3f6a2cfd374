/**
 * The service worker of Web Push: shows each message as a notification, also while no page is open, and passes it to the
 * pages that are. The browser starts it for a message and stops it afterwards.
 */

/** A message as the deliverer sends it. */
interface Pushed {
  readonly title: string
  readonly body: string
  readonly url: string
  readonly locale: string
}

/** What this file uses of a worker's scope, which the compiler's library for pages does not have. */
interface WorkerScope {
  addEventListener(
    type: "push",
    listener: (event: {
      readonly data: { json(): unknown } | null
      waitUntil(work: Promise<unknown>): void
    }) => void
  ): void
  addEventListener(
    type: "notificationclick",
    listener: (event: {
      readonly notification: Notification
      waitUntil(work: Promise<unknown>): void
    }) => void
  ): void
  addEventListener(
    type: "install" | "activate",
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void
  ): void
  skipWaiting(): Promise<void>
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: {
      readonly type: "window"
      readonly includeUncontrolled: true
    }): Promise<ReadonlyArray<{ postMessage(message: unknown): void }>>
    openWindow(url: string): Promise<unknown>
  }
}

const worker = globalThis as unknown as WorkerScope

const textIn = (value: unknown): string => (typeof value === "string" ? value : "")

const pushedIn = (data: { json(): unknown } | null): Pushed => {
  try {
    const { title, body, url, locale } = Object(data?.json()) as Readonly<Record<string, unknown>>
    return { title: textIn(title), body: textIn(body), url: textIn(url), locale: textIn(locale) }
  } catch {
    return { title: "", body: "", url: "", locale: "" }
  }
}

const show = async (message: Pushed): Promise<void> => {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true })
  for (const page of pages) page.postMessage(message)
  // Browsers require a notification for each message.
  await worker.registration.showNotification(message.title || "Message", {
    body: message.body,
    lang: message.locale,
    data: message.url
  })
}

// A new version takes over at once: it keeps nothing that an older one could miss.
worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()))

worker.addEventListener("push", (event) => event.waitUntil(show(pushedIn(event.data))))

worker.addEventListener("notificationclick", (event) => {
  event.notification.close()
  const url = textIn(event.notification.data)
  if (/^https?:\/\//.test(url)) event.waitUntil(worker.clients.openWindow(url))
})
