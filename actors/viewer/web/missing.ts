/** The page for addresses at which nothing stands. */
import { showFrame } from "/page/frame.js"

document.getElementById("address").textContent = location.pathname
showFrame()
