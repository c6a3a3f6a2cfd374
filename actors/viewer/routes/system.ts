/** The address under which the whole system is told, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import { json } from "../http/responses.ts"

/** `GET /api/system`. `view` answers within a second, whatever hangs. */
export const systemRoutes = (view: () => Promise<SystemView>) =>
  new Elysia().get("/api/system", async () => json(await view()))
