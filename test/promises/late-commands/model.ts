/**
 * A model of the queue, its leases, connections that deliver late, and receipts: small enough to try every interleaving.
 * It is plain data and steps; `explore` (explore.ts) visits all of them.
 *
 * Two drainers claim lines one by one from a queue, have a bridge store them and acknowledge them. A drainer may close a
 * connection at any moment. The commands already sent on it may be applied at any later moment or never. A lease may end
 * at any moment; an answer of the bridge may be lost.
 */

/** The protections against late commands; each can be disabled. */
export interface Protections {
  /** The server refuses commands that were sent before the current epoch of the sender. */
  readonly fence: boolean
  /** The server gives ids to batches, instead of using the id of the claim. */
  readonly ownIds: boolean
  /** The bridge and the drainer identify a receipt by its lines, not by the id alone. */
  readonly digest: boolean
}

export interface Bounds {
  readonly drainers: number
  readonly lines: number
  /** The number of claims that each drainer makes, and how often it closes a connection. */
  readonly claims: number
  readonly losses: number
}

type Command =
  | { readonly kind: "claim"; readonly claim: string; readonly epoch: number }
  | { readonly kind: "ack"; readonly key: string; readonly receipt: string; readonly epoch: number }
  | { readonly kind: "release"; readonly key: string; readonly claim: string; readonly epoch: number }

interface Held {
  readonly key: string
  readonly lines: ReadonlyArray<number>
}

/** The state of a drainer; while it waits: the command without an answer yet, and the batch that it holds. */
type Phase =
  | { readonly at: "idle" }
  | { readonly at: "waiting"; readonly command: Command; readonly held: Held | null }
  | { readonly at: "holding"; readonly held: Held; readonly receipt: string | null }

interface Drainer {
  phase: Phase
  epoch: number
  /** The claim of the batch that it holds. */
  claim: string
  claims: number
  losses: number
  /** Commands sent on its connection and not applied yet; and the answer that has not arrived yet. */
  sent: Array<Command>
  answer: { readonly batch: Held | null } | null
}

export interface State {
  list: Array<number>
  batches: Record<string, { lines: Array<number>; owner: string; isOver: boolean }>
  /** The epoch of each drainer, as the server knows it. */
  epochs: Array<number>
  ids: number
  /** Ids of claims that the server has recorded as taken over by another, where the claim's id is the batch's. */
  used: Array<string>
  drainers: Array<Drainer>
  /** Commands sent on closed connections, in the order of each. */
  late: Array<{ drainer: number; commands: Array<Command> }>
  /** Stored records: the event's id and the line in it. */
  log: Array<{ id: string; line: number }>
  /** Receipts that the bridge has cached, by name. */
  receipts: Record<string, string>
  /** The ledger: acknowledged lines, and the records stored for them, each append counted once. */
  acknowledged: number
  stored: number
  placed: Array<string>
}

export const begin = ({ drainers, lines }: Bounds): State => ({
  list: Array.from({ length: lines }, (_, i) => i),
  batches: {},
  epochs: Array.from({ length: drainers }, () => 0),
  ids: 0,
  used: [],
  drainers: Array.from({ length: drainers }, () => ({
    phase: { at: "idle" },
    epoch: 0,
    claim: "",
    claims: 0,
    losses: 0,
    sent: [],
    answer: null
  })),
  late: [],
  log: [],
  receipts: {},
  acknowledged: 0,
  stored: 0,
  placed: []
})

/** The name that identifies a receipt. */
const nameOf = (key: string, lines: ReadonlyArray<number>, { digest }: Protections): string =>
  digest ? `${key} ${lines.join()}` : key

/** The server applies a command; undefined if it refuses it. */
const applyCommand = (
  state: State,
  drainer: number,
  command: Command,
  protections: Protections
): { readonly batch: Held | null } | undefined => {
  if (protections.fence && command.epoch !== state.epochs[drainer]) return undefined
  if (command.kind === "claim") return { batch: claim(state, command.claim, protections) }
  const batch = state.batches[command.key]
  if (batch === undefined) return { batch: null }
  if (command.kind === "release") {
    if (batch.owner === command.claim) state.batches[command.key] = { ...batch, owner: "", isOver: true }
    return { batch: null }
  }
  delete state.batches[command.key]
  state.acknowledged += batch.lines.length
  if (!state.placed.includes(command.receipt)) {
    state.placed.push(command.receipt)
    state.stored += batch.lines.length
  }
  return { batch: null }
}

const claim = (state: State, id: string, { ownIds }: Protections): Held | null => {
  const [mine] = Object.entries(state.batches).filter(([, { owner }]) => owner === id)
  if (mine !== undefined) return { key: mine[0], lines: mine[1].lines }
  if (!ownIds && (id in state.batches || state.used.includes(id))) return null
  const [over] = Object.entries(state.batches).filter(([, { isOver }]) => isOver)
  if (over !== undefined) {
    const [key, { lines }] = over
    state.batches[key] = { lines, owner: id, isOver: false }
    if (!ownIds) state.used.push(key)
    return { key, lines }
  }
  const line = state.list.shift()
  if (line === undefined) return null
  const key = ownIds ? `${id}/${state.ids++}` : id
  state.batches[key] = { lines: [line], owner: id, isOver: false }
  return { key, lines: [line] }
}

/** The bridge stores the lines, or answers with its cached receipt. A receipt is modelled as the append it is for. */
const store = (state: State, { key, lines }: Held, protections: Protections): string => {
  const name = nameOf(key, lines, protections)
  const known = state.receipts[name]
  if (known !== undefined) return known
  const receipt = `append of ${key}: ${lines.join()}`
  lines.forEach((line, i) => {
    state.log.push({ id: `${key}-${i}`, line })
  })
  state.receipts[name] = receipt
  return receipt
}

/** A possible step: its description and the state after it. */
export interface Step {
  readonly what: string
  readonly next: State
}

/** All possible steps in this state. */
export const stepsFrom = (state: State, protections: Protections, bounds: Bounds): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  const text = JSON.stringify(state)
  const step = (what: string, change: (next: State) => void): void => {
    const next = JSON.parse(text) as State
    change(next)
    steps.push({ what, next })
  }

  for (const [d, drainer] of state.drainers.entries()) stepsOfDrainer(drainer, d, step, protections, bounds)
  state.late.forEach(({ drainer, commands: [command] }, i) => {
    if (command === undefined) return
    step(`the server applies late: ${command.kind} of drainer ${drainer}`, (next) => {
      const connection = next.late[i]
      connection?.commands.shift()
      if (connection?.commands.length === 0) next.late.splice(i, 1)
      applyCommand(next, drainer, command, protections)
    })
  })
  for (const [key, { isOver }] of Object.entries(state.batches)) {
    if (isOver) continue
    step(`the lease of ${key} ends`, (next) => {
      const batch = next.batches[key]
      if (batch !== undefined) batch.isOver = true
    })
  }
  return steps
}

const stepsOfDrainer = (
  drainer: Drainer,
  d: number,
  step: (what: string, change: (next: State) => void) => void,
  protections: Protections,
  bounds: Bounds
): void => {
  const name = `drainer ${d}`
  const act = (what: string, change: (me: Drainer, next: State) => void): void =>
    step(`${name} ${what}`, (next) => {
      const me = next.drainers[d]
      if (me !== undefined) change(me, next)
    })
  const send = (me: Drainer, command: Command, held: Held | null): void => {
    me.sent.push(command)
    me.phase = { at: "waiting", command, held }
  }
  const { phase } = drainer

  const [sent] = drainer.sent
  if (sent !== undefined && drainer.answer === null)
    act(`has its command applied: ${sent.kind}`, (me, next) => {
      me.sent.shift()
      me.answer = applyCommand(next, d, sent, protections) ?? { batch: null }
    })

  if (phase.at === "idle" && drainer.claims < bounds.claims)
    act("claims", (me) => {
      me.claims += 1
      me.claim = `claim ${d}.${me.claims}`
      send(me, { kind: "claim", claim: me.claim, epoch: me.epoch }, null)
    })

  if (phase.at === "waiting" && drainer.answer !== null) {
    const { batch } = drainer.answer
    act("receives its answer", (me) => {
      me.answer = null
      me.phase = batch === null ? { at: "idle" } : { at: "holding", held: batch, receipt: null }
    })
  }

  if (phase.at === "waiting" && drainer.losses < bounds.losses)
    act("closes its connection and sends the same command again", (me, next) => {
      me.losses += 1
      if (me.sent.length > 0) next.late.push({ drainer: d, commands: me.sent })
      me.sent = []
      me.answer = null
      me.epoch += 1
      // The new connection raises the epoch and waits for the answer before it sends anything else.
      next.epochs[d] = me.epoch
      send(me, { ...phase.command, epoch: me.epoch }, phase.held)
    })

  if (phase.at === "holding" && phase.receipt === null) {
    act("has its batch stored", (me, next) => {
      me.phase = { ...phase, receipt: store(next, phase.held, protections) }
    })
    act("has its batch stored, and the receipt is lost", (me, next) => {
      store(next, phase.held, protections)
      send(me, { kind: "release", key: phase.held.key, claim: me.claim, epoch: me.epoch }, phase.held)
    })
  }
  if (phase.at === "holding" && phase.receipt !== null) {
    const { held, receipt } = phase
    act("acknowledges", (me) => send(me, { kind: "ack", key: held.key, receipt, epoch: me.epoch }, held))
  }
}
