import type { FastifyInstance } from 'fastify'
import { computePageLinks, pageOf, parseBody } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { served } from '../microversions.ts'
import { maxLimit } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { Migrations } from './migrations.ts'
import { migrationAction, parseMigrationList } from './schema.ts'
import { migrationView, serverMigrationView } from './view.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface MigrationPath {
  Params: { server_id: string; migration_id: string }
}

/** The routes of `/os-migrations` and `/servers/{server_id}/migrations`, relative to `/v2.1`. */
export function migrationRoutes(app: FastifyInstance, migrations: Migrations): void {
  app.get('/os-migrations', async (request) => {
    const version = versionOf(request)
    const query = parseMigrationList(request.query, version)
    const page = version.atLeast('2.59') ? pageOf(query, { maxLimit, zero: 'none' }) : undefined
    const { found, hosts } = await migrations.list(contextOf(request), query, page)
    const links = linksOf(request)
    const views = found.map((one) => migrationView(one, { version, hosts, links }))
    if (!page) return { migrations: views }
    const ids = found.map(({ uuid }) => uuid)
    const asked = request.query as Record<string, unknown>
    const url = links.self('/os-migrations')
    return { migrations: views, ...computePageLinks('migrations', { url, query: asked, page, ids }) }
  })

  const path = '/servers/:server_id/migrations'

  app.get<ServerPath>(path, served({ from: '2.23' }), async (request) => {
    const version = versionOf(request)
    const { found, hosts } = await migrations.ofServer(contextOf(request), request.params.server_id)
    return { migrations: found.map((one) => serverMigrationView(one, { version, hosts })) }
  })

  app.get<MigrationPath>(`${path}/:migration_id`, served({ from: '2.23' }), async (request) => {
    const { server_id: serverId, migration_id: id } = request.params
    const { found, hosts } = await migrations.show(contextOf(request), serverId, id)
    return { migration: serverMigrationView(found, { version: versionOf(request), hosts }) }
  })

  app.post<MigrationPath>(
    `${path}/:migration_id/action`,
    served({ from: '2.22' }),
    async (request, reply) => {
      parseBody(migrationAction, request.body)
      const { server_id: serverId, migration_id: id } = request.params
      await migrations.forceComplete(contextOf(request), serverId, id)
      return reply.code(202).send()
    },
  )

  app.delete<MigrationPath>(`${path}/:migration_id`, served({ from: '2.24' }), async (request, reply) => {
    const { server_id: serverId, migration_id: id } = request.params
    await migrations.abort(contextOf(request), { serverId, id, version: versionOf(request) })
    return reply.code(202).send()
  })
}
