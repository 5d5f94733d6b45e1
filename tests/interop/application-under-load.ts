import { randomUUID } from 'node:crypto'
import { setInterval as every } from 'node:timers/promises'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { Config } from '@longhaul/oslo-config'
import { application } from '../../packages/keystonemiddleware/src/fixtures/application.ts'

/** What came of the requests of one kind. */
export type Tally = Record<number, number>

/** An application behind our auth_token, with requests that do not wait for each other. */
export class ApplicationUnderLoad {
  readonly #app: ReturnType<typeof application>
  readonly #underway = new Set<Promise<void>>()
  readonly #end = new AbortController()
  readonly #counts = { cached: {} as Tally, unknown: {} as Tally }
  #mostUnderway = 0
  #load: Promise<void> | undefined

  /** @param file with the section [keystone_authtoken] */
  constructor(file: string) {
    this.#app = application(authTokenFromConfig(Config.read([file])))
  }

  /** Most requests that were under way at a time. */
  get mostUnderway(): number {
    return this.#mostUnderway
  }

  /** @returns the status of one request, and what the application saw of its headers */
  async ask(headers: Record<string, string>): Promise<number> {
    const answer = await this.#app.inject({ url: '/', headers })
    if (answer.statusCode === 503 && !(Number(answer.headers['retry-after']) >= 1))
      throw new Error('503 without Retry-After')
    return answer.statusCode
  }

  /**
   * Begins requests with a token that has been asked for already, and as many with tokens nobody has heard of.
   *
   * @param pace milliseconds from one request to the next, whether the earlier ones have been answered or not
   */
  start(cached: Record<string, string>, pace: number): void {
    this.#load = this.#send(cached, pace)
  }

  /** What came of the requests since the last time. */
  counts(): { cached: Tally; unknown: Tally } {
    const counts = structuredClone(this.#counts)
    this.#counts.cached = {}
    this.#counts.unknown = {}
    return counts
  }

  /** Ends the load, and waits for its last answers. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#load
    await Promise.all(this.#underway)
    await this.#app.close()
  }

  async #send(cached: Record<string, string>, pace: number): Promise<void> {
    try {
      for await (const _ of every(pace, undefined, { signal: this.#end.signal })) {
        this.#follow('cached', cached)
        this.#follow('unknown', { 'X-Auth-Token': randomUUID() })
      }
    } catch (error) {
      if (!this.#end.signal.aborted) throw error
    }
  }

  #follow(kind: 'cached' | 'unknown', headers: Record<string, string>): void {
    const asking = this.ask(headers).then((status) => {
      this.#counts[kind][status] = (this.#counts[kind][status] ?? 0) + 1
      this.#underway.delete(asking)
    })
    this.#underway.add(asking)
    this.#mostUnderway = Math.max(this.#mostUnderway, this.#underway.size)
  }
}
