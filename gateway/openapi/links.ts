/** The operations of campaign links: clicks, and the API that manages links. */
import { json, type Operation, type ResponseDescription } from "./operation.ts"

const link: ResponseDescription = { status: 200, description: "The link.", contents: [json("Link")] }

export const linkOperations: ReadonlyArray<Operation> = [
  {
    method: "GET",
    path: "/click/*/go",
    pathParameter: "id",
    name: "followLink",
    summary: "A click on a campaign link: stored as an event of the topic clicks, then redirected.",
    query: "any",
    responses: [
      {
        status: 307,
        description: "The queue has the event.",
        headers: { Location: "The link's target for the device's platform." }
      }
    ],
    handledBy: "queue",
    mayBeNotFound: true
  },
  {
    method: "POST",
    path: "/api/v1/links",
    name: "putLink",
    summary: "Stores a link, replacing one with the same id. A link without an id gets a new one.",
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
    responses: [
      { ...link, description: "The link replaced another." },
      {
        ...link,
        status: 201,
        description: "The new link.",
        headers: { Location: "The link's path in this API." }
      }
    ],
    handledBy: "links",
    auth: "token"
  },
  {
    method: "GET",
    path: "/api/v1/links",
    name: "listLinks",
    summary: "Links, ordered by id.",
    query: {
      after: "Return links after this id: `next` of the previous response.",
      limit: "Links per response, 1 to 1000; default 100."
    },
    responses: [
      {
        status: 200,
        description: "One page of links; `next` is null on the last one.",
        contents: [json("Links")]
      }
    ],
    handledBy: "links",
    auth: "token"
  },
  {
    method: "GET",
    path: "/api/v1/links/*",
    pathParameter: "id",
    name: "getLink",
    summary: "One link.",
    responses: [link],
    handledBy: "links",
    mayBeNotFound: true,
    auth: "token"
  },
  {
    method: "DELETE",
    path: "/api/v1/links/*",
    pathParameter: "id",
    name: "removeLink",
    summary: "Removes a link; its clicks are then those of an unknown link.",
    responses: [{ status: 204, description: "The link is removed." }],
    handledBy: "links",
    mayBeNotFound: true,
    auth: "token"
  }
]
