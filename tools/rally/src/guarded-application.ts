import { cores, PinnedProcess } from './pinned-process.ts'
import type { Target } from './rounds.ts'

/** Tokens that are sent. */
export interface SentTokens {
  user: string
  service: string
}

/** What an application reads. */
export interface ApplicationFiles {
  /** What it answers. */
  body: string
  /** With the section [keystone_authtoken]. */
  config: string
}

/** One application in two processes: without auth_token and with it. */
export class GuardedApplication {
  readonly #bare: PinnedProcess
  readonly #guarded: PinnedProcess

  /** @param script reads LONGHAUL_BODY_FILE and, to be guarded, LONGHAUL_CONFIG_FILE; says its port */
  constructor(script: string, { body, config }: ApplicationFiles) {
    this.#bare = new PinnedProcess(cores.server, script, [], { LONGHAUL_BODY_FILE: body })
    this.#guarded = new PinnedProcess(cores.server, script, [], {
      LONGHAUL_BODY_FILE: body,
      LONGHAUL_CONFIG_FILE: config,
    })
  }

  /** Without auth_token, with a user token and with both tokens. @param names of these three */
  async targets(names: readonly [string, string, string], { user, service }: SentTokens): Promise<Target[]> {
    const both = { 'X-Auth-Token': user, 'X-Service-Token': service }
    const userOnly = { 'X-Auth-Token': user, 'X-Unused-Token': service }
    const [bare, guarded] = [await portOf(this.#bare), await portOf(this.#guarded)]
    const request = (port: number, headers: Record<string, string>) => ({
      host: '127.0.0.1',
      port,
      path: '/',
      headers,
    })
    return [
      // Requests of one size, so that reading their headers is not put down to auth_token.
      { name: names[0], server: this.#bare, request: request(bare, both) },
      { name: names[1], server: this.#guarded, request: request(guarded, userOnly) },
      { name: names[2], server: this.#guarded, request: request(guarded, both) },
    ]
  }

  async stop(): Promise<void> {
    await Promise.all([this.#bare.stop(), this.#guarded.stop()])
  }
}

async function portOf(server: PinnedProcess): Promise<number> {
  return (await server.said<{ port: number }>('port')).port
}
