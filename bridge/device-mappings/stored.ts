/** A device mapping as the stores keep it: one text for each column. Pure. */
import type { DeviceMapping, MappingField } from "./service.ts"

/** The columns, in the order of the table. */
export const columns = [
  "callback_url",
  "endpoint",
  "p256dh",
  "auth",
  "onesignal_id",
  "fcm_token",
  "locale"
] as const
export type Column = (typeof columns)[number]

/** The columns of each field. The first one identifies its value. */
export const columnsOf: Readonly<Record<MappingField, readonly [Column, ...Array<Column>]>> = {
  callbackUrl: ["callback_url"],
  webPush: ["endpoint", "p256dh", "auth"],
  oneSignalId: ["onesignal_id"],
  fcmToken: ["fcm_token"],
  locale: ["locale"]
}

/** The columns that these fields set, with their values. */
export const valuesOf = (
  fields: Partial<Pick<DeviceMapping, MappingField>>
): ReadonlyArray<readonly [Column, string]> => {
  const { callbackUrl, webPush, oneSignalId, fcmToken, locale } = fields
  const all: ReadonlyArray<readonly [Column, string | undefined]> = [
    ["callback_url", callbackUrl],
    ["endpoint", webPush?.endpoint],
    ["p256dh", webPush?.p256dh],
    ["auth", webPush?.auth],
    ["onesignal_id", oneSignalId],
    ["fcm_token", fcmToken],
    ["locale", locale]
  ]
  return all.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]))
}

/** The mapping in a row; columns that are not set are undefined. Times: ms since 1970. */
export const mappingOf = (
  deviceId: string,
  row: Readonly<Partial<Record<Column, string>>>,
  created: number,
  updated: number
): DeviceMapping => {
  const { endpoint, p256dh, auth } = row
  return {
    deviceId,
    ...(row.callback_url === undefined ? {} : { callbackUrl: row.callback_url }),
    ...(endpoint === undefined || p256dh === undefined || auth === undefined
      ? {}
      : { webPush: { endpoint, p256dh, auth } }),
    ...(row.onesignal_id === undefined ? {} : { oneSignalId: row.onesignal_id }),
    ...(row.fcm_token === undefined ? {} : { fcmToken: row.fcm_token }),
    ...(row.locale === undefined ? {} : { locale: row.locale }),
    created,
    updated
  }
}

/** A page of at most `limit` mappings; `found` has one more where there is a next page. */
export const pageOf = (
  found: ReadonlyArray<DeviceMapping>,
  limit: number
): { readonly mappings: ReadonlyArray<DeviceMapping>; readonly next: string | undefined } => {
  const mappings = found.slice(0, limit)
  return { mappings, next: found.length > limit ? mappings.at(-1)?.deviceId : undefined }
}
