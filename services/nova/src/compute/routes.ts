import { conflict, forbidden, notFound, parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import { computeRole } from '../jobs-protocol.ts'
import { DriverError, type VirtDriver } from '../virt/driver.ts'
import { StaleAttempt, type Jobs } from './jobs.ts'
import {
  attemptQuery,
  consoleQuery,
  guestPath,
  jobPath,
  jobSchema,
  operationPath,
  waitQuery,
} from './schema.ts'

/**
 * Refuses everybody but nova's own processes, on every path but the open ones. Call it after fastifyAuthToken.
 *
 * @throws ApiError 403 `compute_role_required`
 */
export function demandComputeRole(app: ApiApp, open: (request: FastifyRequest) => boolean): void {
  app.addHook('onRequest', async (request) => {
    if (open(request)) return
    if (request.keystone.user?.roles?.some((role) => role.name === computeRole)) return
    throw forbidden(`The role ${computeRole} is required.`, { code: 'compute_role_required' })
  })
}

/** What conductors and the API ask of a host. */
export function agentRoutes(app: ApiApp, deps: { jobs: Jobs; driver: VirtDriver }): void {
  const { jobs, driver } = deps

  app.put('/v1/jobs/:operation/:step', async (request) => {
    const { operation, step } = parseBody(jobPath, request.params)
    const { wait } = parseBody(waitQuery, request.query)
    const body = parseBody(jobSchema, request.body)
    return { job: await fenced(() => jobs.attachOrStart(operation, step, body, wait * 1000)) }
  })

  app.delete('/v1/jobs/:operation/:step', async (request, reply) => {
    const { operation, step } = parseBody(jobPath, request.params)
    const { attempt } = parseBody(attemptQuery, request.query)
    await fenced(async () => jobs.fence(operation, attempt))
    await jobs.cancel(operation, step)
    return reply.code(204).send()
  })

  app.delete('/v1/operations/:operation', async (request, reply) => {
    const { operation } = parseBody(operationPath, request.params)
    const { attempt } = parseBody(attemptQuery, request.query)
    await fenced(async () => jobs.fence(operation, attempt))
    await jobs.forget(operation)
    return reply.code(204).send()
  })

  app.get('/v1/guests', async () => ({ guests: await driver.list() }))

  app.get('/v1/guests/:server', async (request) => {
    const { server: id } = parseBody(guestPath, request.params)
    return { guest: { id, power_state: await driver.powerState(id) } }
  })

  app.get('/v1/guests/:server/machine', async (request) => {
    const { server } = parseBody(guestPath, request.params)
    return { machine: await described(() => driver.describe(server)) }
  })

  app.get('/v1/guests/:server/console', async (request) => {
    const { server } = parseBody(guestPath, request.params)
    const { length } = parseBody(consoleQuery, request.query)
    return { output: await driver.console(server, length < 0 ? undefined : length) }
  })
}

/** @throws ApiError 404 `guest_absent`; 409 with the driver's code */
async function described<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DriverError)) throw error
    const details = { code: error.code, cause: error }
    throw error.code === 'guest_absent' ? notFound(error.message, details) : conflict(error.message, details)
  }
}

/** @throws ApiError 409 `stale_attempt` */
async function fenced<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StaleAttempt) throw conflict(error.message, { code: error.code, cause: error })
    throw error
  }
}
