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

/** How its targets are called. */
export interface TargetNames {
  without: string
  user: string
  both: string
  /** Without, in a process that does nothing else. */
  alone: string
}

/**
 * One application without auth_token and with it, in one process: of two processes one is faster by some percent as its
 * code happens to be compiled, and one that had an outgoing connection was slower by several, whatever that was for. Once more
 * without, in a process of its own that has called nobody.
 */
export class GuardedApplication {
  readonly #process: PinnedProcess
  readonly #alone: PinnedProcess

  /** @param script reads LONGHAUL_BODY_FILE and LONGHAUL_CONFIG_FILE; says its port, and with the latter that of the guarded one */
  constructor(script: string, { body, config }: ApplicationFiles) {
    const env = { LONGHAUL_BODY_FILE: body }
    this.#process = new PinnedProcess(cores.server, script, [], { ...env, LONGHAUL_CONFIG_FILE: config })
    this.#alone = new PinnedProcess(cores.server, script, [], env)
  }

  async targets(names: TargetNames, { user, service }: SentTokens): Promise<Target[]> {
    // Requests of one size, so that reading their headers is not put down to auth_token.
    const both = { 'X-Auth-Token': user, 'X-Service-Token': service }
    const userOnly = { 'X-Auth-Token': user, 'X-Unused-Token': service }
    const ports = await this.#process.said<{ port: number; guarded: number }>('port')
    const alone = await this.#alone.said<{ port: number }>('port')
    const target = (name: string, server: PinnedProcess, port: number, headers: Record<string, string>) => ({
      name,
      server,
      request: { host: '127.0.0.1', port, path: '/', headers },
    })
    return [
      target(names.without, this.#process, ports.port, both),
      target(names.user, this.#process, ports.guarded, userOnly),
      target(names.both, this.#process, ports.guarded, both),
      target(names.alone, this.#alone, alone.port, both),
    ]
  }

  async stop(): Promise<void> {
    await Promise.all([this.#process.stop(), this.#alone.stop()])
  }
}
