/**
 * The page Messages: subscribes this browser to Web Push under the id of a device, and lists the messages that come while
 * it is open. The subscription itself outlives the page.
 */
import { byId, byIdAs, element, link } from "./element.ts"
import { getJson, postJson } from "./fetch-json.ts"
import { messageOf } from "./format.ts"
import { showFrame } from "./frame.ts"
import { inert } from "./inert-text.ts"

/** A message, as the service worker passes it. */
interface Received {
  readonly title: string
  readonly body: string
  readonly url: string
}

const deviceKey = "push-device"
const maxShown = 100

const form = byIdAs("subscription", HTMLFormElement)
const device = byIdAs("device", HTMLInputElement)
const locale = byIdAs("locale", HTMLInputElement)
const subscribe = byIdAs("subscribe", HTMLButtonElement)
const unsubscribe = byIdAs("unsubscribe", HTMLButtonElement)
const messages = byId("messages")

const say = (id: "state" | "outcome" | "hint", text: string): void => byId(id).replaceChildren(text)

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0))

const showState = (subscription: PushSubscription | null): void => {
  say("state", subscription === null ? "not subscribed" : "subscribed")
  subscribe.textContent = subscription === null ? "Subscribe" : "Save"
  subscribe.disabled = false
  unsubscribe.hidden = subscription === null
}

const showMessage = ({ title, body, url }: Received): void => {
  byId("none").hidden = true
  const time = element("time", "hint", new Date().toLocaleTimeString())
  const item = element("li", "", [
    element("b", "", inert(title, 500)),
    element("p", "", inert(body, 5_000)),
    ...(url === ""
      ? []
      : [/^https?:\/\//.test(url) ? link(url, inert(url, 500)) : element("code", "", inert(url, 500))]),
    time
  ])
  messages.prepend(item)
  while (messages.children.length > maxShown) messages.lastElementChild?.remove()
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "")

/** Runs one action at a time and shows what became of it. */
const act = async (what: () => Promise<string>): Promise<void> => {
  subscribe.disabled = true
  say("outcome", "")
  try {
    say("outcome", await what())
  } catch (error) {
    say("outcome", messageOf(error))
  } finally {
    subscribe.disabled = false
  }
}

/** Subscribes at the browser's push service, then registers the subscription. */
const register = async (registration: ServiceWorkerRegistration, publicKey: string): Promise<string> => {
  if ((await Notification.requestPermission()) !== "granted")
    throw new Error("The browser does not allow notifications of this page: allow them in its settings.")
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(publicKey)
  })
  const { endpoint, keys } = subscription.toJSON()
  const id = device.value.trim()
  await postJson("/api/push/subscribe", {
    device_id: id,
    locale: locale.value.trim(),
    web_push: { endpoint, keys }
  })
  localStorage.setItem(deviceKey, id)
  showState(subscription)
  return `Messages for the device ${id} reach this browser.`
}

const unregister = async (registration: ServiceWorkerRegistration): Promise<string> => {
  const subscription = await registration.pushManager.getSubscription()
  if (subscription !== null) {
    const id = localStorage.getItem(deviceKey) ?? device.value.trim()
    await postJson("/api/push/unsubscribe", { device_id: id, endpoint: subscription.endpoint })
    await subscription.unsubscribe()
  }
  showState(null)
  return "Messages no longer reach this browser."
}

const start = async (): Promise<void> => {
  const { publicKey } = await getJson<{ readonly publicKey: string | null }>("/api/push")
  if (publicKey === null) {
    say("state", "not configured")
    say("hint", "Web Push is not configured: set VAPID_PUBLIC_KEY; `spoor push-keys` makes the keys.")
    return
  }
  if (!("serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis)) {
    say("state", "not possible")
    say("hint", "This browser has no Web Push here: it needs https, or this machine's own address.")
    return
  }
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const { title, body, url } = Object(data) as Readonly<Record<string, unknown>>
    showMessage({ title: textIn(title), body: textIn(body), url: textIn(url) })
  })
  navigator.serviceWorker.startMessages()
  const registration = await navigator.serviceWorker.register("/page/push-worker.ts", { type: "module" })
  showState(await registration.pushManager.getSubscription())
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void act(() => register(registration, publicKey))
  })
  unsubscribe.addEventListener("click", () => void act(() => unregister(registration)))
}

showFrame()
device.value = localStorage.getItem(deviceKey) ?? `browser-${crypto.randomUUID().slice(0, 8)}`
locale.value = navigator.language
start().catch((error: unknown) => {
  say("state", "failed")
  say("outcome", messageOf(error))
})
