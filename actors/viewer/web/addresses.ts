/** Addresses of the viewer's own pages. */

/** The page that locates an event by its id. */
export const eventLocationAddress = (id: string): string => `/ledger?event=${encodeURIComponent(id)}`

/** The page of one dead letter. */
export const deadLetterAddress = (address: string): string =>
  `/dead-letters/letter?address=${encodeURIComponent(address)}`
