/** The settings of the notifier and of its messages. Pure. */
import { Config, Duration } from "effect"
import { optional, secret, setting } from "../../contracts/setting.ts"
import { duration, port } from "../../contracts/setting-readers.ts"
import { vapidPublicKey } from "../inspect/push-settings.ts"

export const notifierPort = setting("NOTIFIER_PORT", port, 5041, "Port of the notifier; 0: any free port.")

export const notifierHost = optional(
  "NOTIFIER_HOST",
  Config.String,
  "Address to listen on. Default: 0.0.0.0 with a NOTIFIER_PASSWORD, else 127.0.0.1."
)

export const notifierUser = setting("NOTIFIER_USER", Config.String, "notifier", "User name for the login.")

export const notifierPassword = secret(
  "NOTIFIER_PASSWORD",
  "Password for the login (HTTP Basic). Without it there is no login, and only this machine is served."
)

export const notifyWindow = setting(
  "NOTIFY_WINDOW",
  duration("seconds", 1_000),
  Duration.seconds(300),
  "Time in which the owners of an offer and of a search are notified once of their match.",
  "300s"
)

export const chatAppId = optional(
  "CHAT_APP_ID",
  Config.String,
  "The id of the app whose chat service calls the web hook /chat. Unset: the web hook answers 404."
)

export const notifyTexts = optional(
  "NOTIFY_TEXTS",
  Config.String,
  "Folder of texts of notifications, <locale>.yaml, beside the bundled ones in English and German. Read at the start."
)

export const notifyChannels = optional(
  "NOTIFY_CHANNELS",
  Config.String,
  "Folder with fcm.yaml and onesignal.yaml, HTTP calls in place of the bundled ones. Read at the start."
)

export const vapidPrivateKey = secret(
  "VAPID_PRIVATE_KEY",
  "The private key of VAPID_PUBLIC_KEY, base64url. Both unset: no Web Push."
)

export const vapidSubject = optional(
  "VAPID_SUBJECT",
  Config.String,
  "Whom push services may write to about messages: mailto:ops@shop.example or an https:// address. Required for Web Push."
)

export const oneSignalAppId = optional(
  "ONESIGNAL_APP_ID",
  Config.String,
  "The id of the app at OneSignal; its key is RULES_SECRET_ONESIGNAL_KEY. Unset: no messages by OneSignal."
)

export const fcmProject = optional(
  "FCM_PROJECT",
  Config.String,
  "The id of the project at Firebase. Unset: that of FCM_SERVICE_ACCOUNT; without both no messages by FCM."
)

export const fcmServiceAccount = secret(
  "FCM_SERVICE_ACCOUNT",
  "The key of a service account of the project (the JSON file that Google gives), from which access tokens are made."
)

/** The settings of the messages, which the deliverer makes. */
export const messagingSettings = [
  notifyTexts,
  notifyChannels,
  vapidPublicKey,
  vapidPrivateKey,
  vapidSubject,
  oneSignalAppId,
  fcmProject,
  fcmServiceAccount
]
