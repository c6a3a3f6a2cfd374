/** Builds the image as `npm run image` does, with the network of this machine. */
import { root } from "./docker.ts"
import { run } from "./engine/cache.ts"

/** `name`: a tag besides "spoor"; `more`: further arguments of `docker build`. */
export const buildImage = async (name: string, ...more: ReadonlyArray<string>): Promise<void> => {
  await run("node", ["deploy/image/build.mjs", "--network", "host", "--tag", name, ...more], { cwd: root })
}
