/** The operations of campaign links: their clicks, and the API by which they are managed. */
import { type Answer, json, type Operation } from "./operation.ts"

const link: Answer = { status: 200, means: "The link.", contents: [json("Link")] }

export const linkOperations: ReadonlyArray<Operation> = [
  {
    method: "GET",
    path: "/click/*/go",
    star: "id",
    name: "followLink",
    summary: "A click on a campaign link: an event of the topic clicks, then a redirect.",
    query: "any",
    answers: [
      {
        status: 307,
        means: "The queue has the event.",
        headers: { Location: "Where the link leads on the device's platform." }
      }
    ],
    does: "queue",
    mayBeNotFound: true
  },
  {
    method: "POST",
    path: "/api/v1/links",
    name: "putLink",
    summary: "Stores a link, in the place of one that has its id; without an id it is given one.",
    body: {
      contents: [json("NewLink")],
      isRequired: true,
      example: {
        id: "spring",
        urls: { ios: "itms-apps://apps.apple.com/app/id1", android: "market://details?id=com.shop" },
        default: "https://shop.example/",
        campaign: "spring",
        click_lookback: "7 days",
        params: { partner: "p1" }
      }
    },
    answers: [
      { ...link, means: "The link that stands in the place of another." },
      { ...link, status: 201, means: "The new link.", headers: { Location: "Its place in this API." } }
    ],
    does: "links",
    asks: "token"
  },
  {
    method: "GET",
    path: "/api/v1/links",
    name: "listLinks",
    summary: "Links in the order of their ids.",
    query: {
      after: "The id behind which to go on: `next` of the answer before.",
      limit: "1 to 1000, else 100."
    },
    answers: [{ status: 200, means: "`next` is null at the end.", contents: [json("Links")] }],
    does: "links",
    asks: "token"
  },
  {
    method: "GET",
    path: "/api/v1/links/*",
    star: "id",
    name: "getLink",
    summary: "One link.",
    answers: [link],
    does: "links",
    mayBeNotFound: true,
    asks: "token"
  },
  {
    method: "DELETE",
    path: "/api/v1/links/*",
    star: "id",
    name: "removeLink",
    summary: "Removes a link; its clicks are then as of one that never was.",
    answers: [{ status: 204, means: "It is gone." }],
    does: "links",
    mayBeNotFound: true,
    asks: "token"
  }
]
