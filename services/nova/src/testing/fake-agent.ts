import { EventEmitter, once } from 'node:events'
import fastify from 'fastify'
import type { Job, JobRequest } from '../jobs-protocol.ts'
import type { Machine } from '../migration-protocol.ts'

/** A job that a fake agent was asked for. */
export interface AskedJob {
  operation: string
  step: string
  request: JobRequest
}

/** What a test decides about jobs of a step. Default: done at once with `{}`. */
export type JobPlan = (asked: AskedJob) => Job

/** A host agent's HTTP API without a host: it notes what it is asked and answers as a test says. */
export interface FakeAgent {
  url: string
  /** Calls in order, such as `PUT backup`, `DELETE backup`, `FORGET`. */
  calls: string[]
  jobs: AskedJob[]
  /** What jobs of a step answer; may be changed while a job is polled. */
  plans: Map<string, JobPlan>
  powerState: string
  /** Resolves at the next call of this name, or at once if there was one. */
  called(name: string): Promise<void>
  close(): Promise<void>
}

/** Of every guest of a fake agent. */
const machineOfTests: Machine = {
  name: '',
  vcpus: 1,
  memory_mb: 128,
  machine: 'pc-q35-7.2',
  slots: 8,
  image: 'c1f6a4e8-0f0b-4b43-9c5b-3f1d1b2f7d4e',
  power_state: 'running',
  disk: { virtual_size: 2 ** 20, backed: true, probe: 'probe' },
  volumes: [],
  ports: [],
}

/** Starts a fake agent on loopback. */
export async function fakeAgent(): Promise<FakeAgent> {
  const app = fastify({ forceCloseConnections: true })
  const events = new EventEmitter().setMaxListeners(100)
  const attempts = new Map<string, number>()
  const note = (name: string) => {
    agent.calls.push(name)
    events.emit('call')
  }
  const stale = (operation: string, attempt: number) => {
    const seen = attempts.get(operation) ?? 0
    attempts.set(operation, Math.max(seen, attempt))
    return attempt < seen
  }
  const agent: FakeAgent = {
    url: '',
    calls: [],
    jobs: [],
    plans: new Map(),
    powerState: 'running',
    async called(name) {
      while (!agent.calls.includes(name)) await once(events, 'call')
    },
    close: () => app.close(),
  }
  app.put<{ Params: { operation: string; step: string }; Body: JobRequest }>(
    '/v1/jobs/:operation/:step',
    async (request, reply) => {
      const { operation, step } = request.params
      if (stale(operation, request.body.attempt)) {
        return reply.code(409).send({ error: { code: 'stale_attempt' } })
      }
      const asked = { operation, step, request: request.body }
      agent.jobs.push(asked)
      note(`PUT ${step}`)
      const job: Job = agent.plans.get(step)?.(asked) ?? { state: 'done', result: {} }
      return { job }
    },
  )
  app.delete<{ Params: { operation: string; step: string } }>(
    '/v1/jobs/:operation/:step',
    async (request, reply) => {
      note(`DELETE ${request.params.step}`)
      return reply.code(204).send()
    },
  )
  app.delete('/v1/operations/:operation', async (_request, reply) => {
    note('FORGET')
    return reply.code(204).send()
  })
  app.get<{ Params: { id: string } }>('/v1/guests/:id', async ({ params }) => ({
    guest: { id: params.id, power_state: agent.powerState },
  }))
  app.get<{ Params: { id: string } }>('/v1/guests/:id/machine', async ({ params }) => {
    note('GET machine')
    return { machine: { ...machineOfTests, name: params.id } }
  })
  app.get<{ Querystring: { length?: string } }>('/v1/guests/:id/console', async ({ query }) => ({
    output: `console, ${query.length ?? 'all'}`,
  }))
  agent.url = await app.listen({ host: '127.0.0.1', port: 0 })
  return agent
}
