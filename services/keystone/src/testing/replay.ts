import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { it } from 'node:test'
import type { CallOptions } from './keystone.ts'
import { deviations, type Deviation } from './deviations.ts'
import type { Lab } from './lab.ts'
import type { Marks } from './marks.ts'

/** A request and its answer, as the original gave it. */
interface Exchange {
  name: string
  /** Which of the servers answered, if there were several. */
  server?: string
  request: { method: string; path: string; headers: Record<string, string>; body?: unknown }
  response: { status: number; headers: Record<string, string>; body: unknown }
}

/** What happens before an exchange that is not part of the recording. */
export type Meanwhile = Readonly<Record<string, (marks: Marks) => unknown>>

export interface ReplayOptions {
  /** What was left out of the recording, by the name of the exchange that comes after it. */
  meanwhile?: Meanwhile
  /** Seconds that pass before each exchange, default 1: in one and the same second events and tokens would meet. */
  between?: number
}

/**
 * Declares a test for each exchange of a recording, in its order: status, the recorded headers and the body must be the
 * original's, except for what `deviations` lists.
 *
 * @param recording name of a file in `fixtures`
 * @param lab the service, once it has started; told which of the recorded servers is meant
 */
export function replay(
  recording: string,
  lab: (server?: string) => Lab,
  { meanwhile = {}, between = 1 }: ReplayOptions = {},
): void {
  const exchanges = readExchanges(recording)
  const unknown = Object.keys(meanwhile).filter((name) => !exchanges.some((one) => one.name === name))
  assert.deepEqual(unknown, [], 'no exchange has this name')
  let marks: Marks | undefined
  for (const exchange of exchanges) {
    const { request, response } = exchange
    const key = `${recording}: ${exchange.name}`
    it(`${recording}: ${exchange.name} is ${response.status}`, async () => {
      const { call, clock, pass, token } = lab(exchange.server)
      marks ??= await lab().marks()
      await meanwhile[exchange.name]?.(marks)
      for (const mark of marks.in(request)) {
        const name = /^<token:(.*)>$/.exec(mark)?.[1]
        if (name !== undefined && marks.get(mark) === undefined) marks.set(mark, await token(name))
      }
      pass(between)
      const { method, path, headers, body } = marks.fill(request)
      const raw = (body as { 'raw text'?: string } | undefined)?.['raw text']
      const answer = await call(method as 'GET', path, {
        headers,
        ...(body === undefined ? {} : { body: raw ?? body }),
      } satisfies CallOptions)
      const actual = {
        status: answer.statusCode,
        headers: Object.fromEntries(
          Object.keys(response.headers).map((name) => [name, answer.headers[name]]),
        ),
        body: bodyOf(answer.body),
      }
      const deviation = deviations[key]
      if (!deviation) {
        assert.deepEqual(marks.differences(actual, response, clock.now), [], answer.body)
        return
      }
      const same = marks.copy().differences(actual, response, clock.now).length === 0
      assert.ok(!same, 'the listed deviation is none')
      const wanted = deviating(response, deviation)
      assert.deepEqual(marks.differences(actual, wanted, clock.now), [], answer.body)
    })
  }
}

/** The exchanges of a recording. */
export function readExchanges(recording: string): Exchange[] {
  const file = new URL(`../fixtures/${recording}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Exchange[]
}

function deviating(
  response: Exchange['response'],
  { status, headers, body }: Deviation,
): Exchange['response'] {
  return {
    status: status ?? response.status,
    headers: { ...response.headers, ...(headers as Record<string, string>) },
    body:
      typeof body === 'function'
        ? (body as (recorded: unknown) => unknown)(response.body)
        : merged(response.body, body),
  }
}

/** The recorded value with the parts replaced that a deviation names; undefined takes a part away. */
function merged(recorded: unknown, change: unknown): unknown {
  if (change === undefined) return recorded
  if (!isRecord(recorded) || !isRecord(change)) return change
  const both = { ...recorded }
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete both[name]
    else both[name] = merged(recorded[name], value)
  }
  return both
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
