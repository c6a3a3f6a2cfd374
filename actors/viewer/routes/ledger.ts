/** The routes of the ledger and of the search for a single event, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { json } from "../http/responses.ts"
import type { LedgerService } from "../ledger.ts"

export const ledgerRoutes = (ledger: LedgerService) =>
  new Elysia()
    .get("/api/ledger", async () => json(await ledger.ledger()))
    .get("/api/where-is", async ({ request }) => {
      const id = new URL(request.url, "http://viewer").searchParams.get("id") ?? ""
      return json(await ledger.locateEvent(id, request.signal))
    })
