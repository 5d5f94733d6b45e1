import { forbidden, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Callers } from '../caller.ts'

export interface TargetRouteDeps {
  callers: Callers
  /** Projects on which the user has a role, as the API shows them. */
  projectsOf: (userId: string, request: FastifyRequest) => Promise<unknown[]>
  domainsOf: (userId: string, request: FastifyRequest) => Promise<unknown[]>
  hasSystemRole: (userId: string) => Promise<boolean>
}

/** What the caller may exchange its token for, and the catalog of the token. @see Identity API v3, get available scopes */
export function targetRoutes(app: ApiApp, deps: TargetRouteDeps): void {
  const links = (request: FastifyRequest) => ({ self: `${app.api.baseUrl(request)}${request.url}` })
  const listLinks = (request: FastifyRequest) => ({ ...links(request), next: null, previous: null })

  app.get('/v3/auth/projects', async (request) => {
    const { token } = await deps.callers(request)
    return { projects: await deps.projectsOf(token.payload.userId, request), links: listLinks(request) }
  })

  app.get('/v3/auth/domains', async (request) => {
    const { token } = await deps.callers(request)
    return { domains: await deps.domainsOf(token.payload.userId, request), links: listLinks(request) }
  })

  app.get('/v3/auth/system', async (request) => {
    const { token } = await deps.callers(request)
    const system = (await deps.hasSystemRole(token.payload.userId)) ? [{ all: true }] : []
    return { system, links: links(request) }
  })

  app.get('/v3/auth/catalog', async (request) => {
    const { token } = await deps.callers(request)
    if (token.payload.projectId === undefined)
      throw forbidden('You are not authorized to perform the requested action.', { code: 'no_project' })
    return { catalog: token.facts.catalog?.entries ?? [], links: links(request) }
  })
}
