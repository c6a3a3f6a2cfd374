/** The systems that all of it stands on: which they are, embedded or real, and what is wrong with them. */
import { mark, say } from "/page/drawing.js"
import { element } from "/page/frame.js"

/** What is wrong with it is told once: the headline may have told it. */
const troubleOf = ({ ok, error = "it does not answer." }, headline) => {
  if (ok === null) return "Not known yet"
  if (ok) return ""
  return headline.includes(error.replace(/\.$/, "")) ? "Down, see above" : `Down: ${error}`
}

const makeSeam = (name) => {
  const kind = element("b", "")
  const nature = element("span", "nature")
  const address = element("span", "address")
  const trouble = element("span", "trouble")
  const stop = element("span", "mark")
  stop.setAttribute("aria-hidden", "true")
  const place = element("li", "seam", [
    stop,
    element("span", "what", name),
    element("span", "which", [kind, nature]),
    address,
    trouble
  ])
  const show = (seam, headline) => {
    mark(place, "condition", seam.ok === null ? "unknown" : seam.ok ? "flows" : "down")
    say(kind, seam.kind)
    say(nature, seam.embedded ? "embedded" : "real")
    say(address, seam.address)
    say(trouble, troubleOf(seam, headline))
  }
  return { place, show }
}

/** Fills the place; returns what shows the next view. */
export const makeSeams = (place) => {
  let names = ""
  let made = []
  return ({ seams, sentence }) => {
    const now = seams.map(({ name }) => name).join("\n")
    if (now !== names) {
      made = seams.map(({ name }) => makeSeam(name))
      place.replaceChildren(...made.map((seam) => seam.place))
    }
    names = now
    for (const [i, seam] of seams.entries()) made[i].show(seam, sentence)
  }
}
