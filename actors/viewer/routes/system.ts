/** The route of the system view, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import type { SystemView } from "../../inspect/pipeline/system-view.ts"
import { json } from "../http/responses.ts"

/** `GET /api/system`. `view` resolves within a second, whatever is unavailable. */
export const systemRoutes = (view: () => Promise<SystemView>) =>
  new Elysia().get("/api/system", async () => json(await view()))
