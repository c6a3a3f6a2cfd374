/** The chart of deploy/helm/spoor rendered for tests, all renderings of a file by one Python process. */
import { pythonWithHelm, type Rendering, render, type Wanted } from "../../deploy/kubernetes/helm.ts"
import { isMissing } from "./missing.ts"

const python =
  (await pythonWithHelm()) ??
  isMissing(
    "Helm is missing, so the chart was not tested. Install Python 3.10 or later with venv (python3-venv) and let pip reach its registry."
  )

/** False on a person's machine that cannot get Helm; with CI=true that fails. */
export const hasHelm = python !== undefined

/** The renderings of these, in their order; none without Helm. */
export const renderAll = async (
  wanted: ReadonlyArray<Wanted>,
  validate = false
): Promise<ReadonlyArray<Rendering>> => (python === undefined ? [] : render(python, wanted, validate))
