/** The operation of edges: pushing lines to the queue of the centre. */
import { messagePackType } from "../edge/lines.ts"
import type { Operation } from "./operation.ts"

export const edgeOperations: ReadonlyArray<Operation> = [
  {
    method: "POST",
    path: "/api/v1/edge/lines",
    name: "pushEdgeLines",
    summary: "Pushes the lines of an edge to the queue, once for each id, however often it is repeated.",
    body: {
      contents: [
        {
          type: messagePackType,
          description:
            "A MessagePack map `{v: 2, id, lines, defaultTopic?}` of at most 512 KiB and 5,000 lines; `id` has 26 characters and is the same in every retry, each line is `bin`."
        }
      ],
      isRequired: true,
      example: undefined
    },
    responses: [
      {
        status: 200,
        description: "The queue has the lines.",
        contents: [{ type: messagePackType, description: "A MessagePack map `{v: 2, pushed: {id, count}}`." }]
      }
    ],
    handledBy: "queue",
    auth: "signature"
  }
]
