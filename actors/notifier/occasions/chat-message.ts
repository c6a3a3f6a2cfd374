/** A message in a group chat, as the chat service's web hook tells it: to all members but the sender, and as the event `chm`. Pure. */
import {
  FieldProblem,
  messageIn,
  type RequestFields,
  textIn
} from "../../../bridge/device-mappings/read-fields.ts"
import type { NewDelivery } from "../../../bridge/reaction-store/service.ts"
import { deliveryOf, occasionOf, oncePer } from "./occasion.ts"

const rule = "chat-message"

const maxChars = 2_000
const maxMessageChars = 20_000
const maxMembers = 100

/** The chat service repeats a web hook that was not answered, for some minutes. */
const repeatedMs = 60 * 60_000

/** Reads `group_channel:message_send`. Undefined for other events of the service. Throws `FieldProblem`. */
export const chatMessage = (
  body: RequestFields,
  now: number,
  forMs: number
): ReadonlyArray<NewDelivery> | undefined => {
  if (body.category !== "group_channel:message_send") return undefined
  const sender = textIn(recordOf(body, "sender"), "user_id", maxChars)
  if (sender === undefined) throw new FieldProblem("sender.user_id", "is missing.")
  const channel = recordOf(body, "channel")
  const channelUrl = textIn(channel, "channel_url", maxChars)
  if (channelUrl === undefined) throw new FieldProblem("channel.channel_url", "is missing.")
  const payload = recordOf(body, "payload")
  const msg = messageIn(payload, "message", maxMessageChars) ?? ""
  const members = membersOf(body)
  const others = members.filter((member) => member !== sender)
  const params = {
    ...{ sender, msg, channel: textIn(channel, "name", maxChars) ?? "", channel_url: channelUrl },
    ...Object.fromEntries(members.map((member, i) => [`member_${i}`, member]))
  }
  const own = textIn(payload, "message_id", maxChars)
  const key = own === undefined ? crypto.randomUUID() : `${channelUrl} ${own}`
  const occasion = occasionOf("chat_message", key, params, now, forMs)
  const once = (part: string) =>
    own === undefined ? [] : [oncePer(`chat ${key} ${part}`, occasion, repeatedMs)]
  return [
    ...others.map((member) => {
      const place = members.indexOf(member)
      const notify = {
        ...{ device: `{{ params.member_${place} }}`, text: "chat-message" },
        data: { category: "chat", channel_url: "{{ params.channel_url }}" }
      }
      return deliveryOf(occasion, rule, `member-${place}`, { notify }, once(member))
    }),
    deliveryOf(occasion, rule, "emit", emitMessage(members.length), once("chm"))
  ]
}

const emitMessage = (members: number) => ({
  emit: {
    type: "chm",
    params: {
      ...{ churl: "{{ params.channel_url }}", chnam: "{{ params.channel }}" },
      ...{ snder: "{{ params.sender }}", msg: "{{ params.msg }}" },
      ...Object.fromEntries(
        Array.from({ length: members }, (_, i) => [`mbers[${i}]`, `{{ params.member_${i} }}`])
      )
    }
  }
})

const recordOf = (body: RequestFields, name: string): RequestFields => {
  const value = body[name]
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RequestFields
  throw new FieldProblem(name, "must be an object.")
}

const membersOf = ({ members }: RequestFields): ReadonlyArray<string> => {
  if (!Array.isArray(members) || members.length > maxMembers)
    throw new FieldProblem("members", `must be a list of at most ${maxMembers} users.`)
  const ids = members.flatMap((member: unknown) => {
    const id = textIn(recordOf({ member }, "member"), "user_id", maxChars)
    return id === undefined ? [] : [id]
  })
  return [...new Set(ids)]
}
