import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A hub in this process, for tests, that can be told to misbehave. */
export interface FakeHub {
  readonly endpoint: string
  /** `GET path range`, in order. */
  readonly requests: string[]
  /** Files by name; changing them changes what is served, not what the listing says. */
  readonly served: Map<string, Uint8Array>
  /** Cut the connection after so many bytes of a body, this often. */
  cut: { readonly after: number; times: number }
  ignoreRange: boolean
  status: number
  /** Take requests and say nothing, this often. */
  silent: number
  /** Names the listing has besides the files. */
  readonly extra: string[]
  readonly commit: string
  readonly close: () => Promise<void>
}

const listingOf = (
  files: ReadonlyMap<string, Uint8Array>,
  extra: readonly string[],
  commit: string,
): string =>
  JSON.stringify({
    sha: commit,
    siblings: [
      ...[...files].map(([rfilename, bytes]) => ({
        rfilename,
        size: bytes.length,
        blobId: createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex"),
        ...(bytes.length > 100 ? { lfs: { sha256: createHash("sha256").update(bytes).digest("hex") } } : {}),
      })),
      ...extra.map((rfilename) => ({ rfilename, size: 1 })),
    ],
  })

export const startFakeHub = async (files: Readonly<Record<string, Uint8Array>>): Promise<FakeHub> => {
  const commit = "0123456789abcdef0123456789abcdef01234567"
  const listed = new Map(Object.entries(files))
  const sendFile = (request: IncomingMessage, response: ServerResponse, name: string): void => {
    const bytes = hub.served.get(name)
    if (bytes === undefined) {
      response.writeHead(404).end()
      return
    }
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1]
    const start = asked === undefined || hub.ignoreRange ? 0 : Number(asked)
    if (start > bytes.length) {
      response.writeHead(416).end()
      return
    }
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": bytes.length - start,
      ...(start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    const body = bytes.subarray(start)
    if (hub.cut.times > 0 && body.length > hub.cut.after) {
      hub.cut.times--
      response.write(body.subarray(0, hub.cut.after), () => setTimeout(() => response.destroy(), 20))
    } else response.end(body)
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.split("?")[0]!)
    hub.requests.push(`${path}${request.headers.range === undefined ? "" : ` ${request.headers.range}`}`)
    if (hub.silent > 0) hub.silent--
    else if (hub.status !== 200) response.writeHead(hub.status).end()
    else if (path.startsWith("/api/models/team/model/revision/"))
      response.end(listingOf(listed, hub.extra, commit))
    else {
      const prefix = `/team/model/resolve/${commit}/`
      if (path.startsWith(prefix)) sendFile(request, response, path.slice(prefix.length))
      else response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const hub: FakeHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    served: new Map(listed),
    cut: { after: 0, times: 0 },
    ignoreRange: false,
    status: 200,
    silent: 0,
    extra: [],
    commit,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return hub
}
