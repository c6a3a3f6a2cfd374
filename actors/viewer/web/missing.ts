/** The page for addresses that do not exist. */
import { byId } from "./element.ts"
import { showFrame } from "./frame.ts"

byId("address").textContent = location.pathname
showFrame()
