/** The types of the library `web-push` (it has none), of what Spoor uses. */
declare module "web-push" {
  export interface VapidDetails {
    readonly subject: string
    readonly publicKey: string
    readonly privateKey: string
  }

  export interface RequestDetails {
    readonly endpoint: string
    readonly method: string
    readonly headers: Readonly<Record<string, string | number>>
    readonly body: Uint8Array
  }

  /** Throws for a subscription with invalid keys, and for invalid details. */
  export const generateRequestDetails: (
    subscription: {
      readonly endpoint: string
      readonly keys: { readonly p256dh: string; readonly auth: string }
    },
    payload: string,
    options: {
      readonly vapidDetails: VapidDetails
      readonly TTL: number
      readonly topic: string
      readonly urgency: "normal"
      readonly contentEncoding: "aes128gcm"
    }
  ) => RequestDetails

  export const generateVAPIDKeys: () => Pick<VapidDetails, "publicKey" | "privateKey">

  /** Throws unless these are details that push services accept. */
  export const setVapidDetails: (subject: string, publicKey: string, privateKey: string) => void

  const library: {
    readonly generateRequestDetails: typeof generateRequestDetails
    readonly generateVAPIDKeys: typeof generateVAPIDKeys
    readonly setVapidDetails: typeof setVapidDetails
  }
  export default library
}
