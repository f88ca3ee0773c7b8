import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A package as npm puts it: its versions, and the tarball as an attachment. */
export interface PutPackage {
  readonly name: string
  readonly access?: string
  readonly "dist-tags": Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, object>>
  readonly _attachments: Readonly<Record<string, { readonly data: string; readonly length: number }>>
}

/** How a registry answers a package that is put. */
export type Answer = { readonly status: number; readonly error?: string } | "goesAway"

/** A registry on this machine that takes what npm puts. */
export interface FakeRegistry {
  readonly url: string
  /** What was put, taken or not; of a registry that went away nothing. */
  readonly put: PutPackage[]
  /** What npm authenticated itself with. */
  readonly tokens: (string | undefined)[]
  answer: Answer
  /** What is there before. */
  versions: readonly string[]
  readonly close: () => Promise<void>
}

const reply = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}

/** For tests: opens such a registry on a port that is free. */
export const openRegistryServer = async (): Promise<FakeRegistry> => {
  const put: PutPackage[] = []
  const tokens: (string | undefined)[] = []
  const registry = { answer: { status: 201 } as Answer, versions: [] as readonly string[] }
  const server = createServer((request, response) => {
    if (request.method !== "PUT") {
      const { versions } = registry
      if (versions.length === 0) return reply(response, 404, { error: "Not found" })
      const name = decodeURIComponent(request.url!.slice(1))
      return reply(response, 200, {
        name,
        "dist-tags": { latest: versions.at(-1) },
        versions: Object.fromEntries(versions.map((version) => [version, { name, version }])),
      })
    }
    tokens.push(request.headers.authorization)
    const { answer } = registry
    // In the middle: the first bytes of the package are there.
    if (answer === "goesAway") return void request.once("data", () => request.socket.destroy())
    void textOf(request).then((text) => {
      put.push(JSON.parse(text) as PutPackage)
      reply(response, answer.status, answer.error === undefined ? { ok: true } : { error: answer.error })
    })
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return Object.assign(registry, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    put,
    tokens,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
}
