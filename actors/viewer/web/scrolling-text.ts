/** Preformatted text that may scroll: it can be focused, so that the keyboard scrolls it. */
import { element } from "./element.ts"

/** `label` names it for screen readers. */
export const scrollingText = (label: string, content: string | Node): HTMLPreElement => {
  const created = element("pre", "", content)
  created.tabIndex = 0
  created.setAttribute("role", "region")
  created.setAttribute("aria-label", label)
  return created
}
