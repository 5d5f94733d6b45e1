import type { FastifyInstance, FastifyRequest } from 'fastify'
import { computePageLinks } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { parseListQuery } from '../list-query.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { parseAction, parseCreate, parseUpdate, snapshotListTable } from './schema.ts'
import type { Snapshots } from './snapshots.ts'
import type { Snapshot } from './store.ts'
import { snapshotDetail, snapshotSummary } from './view.ts'

interface SnapshotPath {
  Params: { snapshot_id: string }
}

/** The routes of `/snapshots` but for metadata, relative to `/v3`. */
export function snapshotRoutes(app: FastifyInstance, snapshots: Snapshots): void {
  const detail = (request: FastifyRequest, snapshot: Snapshot) =>
    snapshotDetail(snapshot, versionOf(request), snapshots.seesMore(contextOf(request), snapshot))

  app.post('/snapshots', async (request, reply) => {
    const snapshot = await snapshots.create(contextOf(request), parseCreate(request.body, versionOf(request)))
    return await reply.code(202).send({ snapshot: snapshotSummary(snapshot) })
  })

  for (const path of ['/snapshots', '/snapshots/detail']) {
    app.get(path, async (request) => {
      const context = contextOf(request)
      const query = request.query as Record<string, unknown>
      const list = parseListQuery(query, snapshotListTable(versionOf(request)), {
        version: versionOf(request),
        admin: snapshots.isAdmin(context),
      })
      const found = await snapshots.list(context, list)
      return {
        snapshots: found.snapshots.map((snapshot) =>
          path === '/snapshots' ? snapshotSummary(snapshot) : detail(request, snapshot),
        ),
        ...computePageLinks('snapshots', {
          url: linksOf(request).self(path),
          query,
          page: list.page,
          ids: found.snapshots.map(({ id }) => id),
        }),
        ...(found.count === undefined ? {} : { count: found.count }),
      }
    })
  }

  app.get<SnapshotPath>('/snapshots/:snapshot_id', async (request) => {
    const snapshot = await snapshots.get(contextOf(request), request.params.snapshot_id)
    return { snapshot: detail(request, snapshot) }
  })

  app.put<SnapshotPath>('/snapshots/:snapshot_id', async (request) => {
    const changes = parseUpdate(request.body)
    const snapshot = await snapshots.update(contextOf(request), request.params.snapshot_id, changes)
    return { snapshot: detail(request, snapshot) }
  })

  app.delete<SnapshotPath>('/snapshots/:snapshot_id', async (request, reply) => {
    await snapshots.delete(contextOf(request), request.params.snapshot_id)
    return await reply.code(202).send()
  })

  app.post<SnapshotPath>('/snapshots/:snapshot_id/action', async (request, reply) => {
    const wanted = parseAction(request.body)
    const { snapshot_id: id } = request.params
    if (wanted.action === 'os-force_delete') await snapshots.forceDelete(contextOf(request), id)
    else await snapshots.resetStatus(contextOf(request), id, wanted.status)
    return await reply.code(202).send()
  })
}
