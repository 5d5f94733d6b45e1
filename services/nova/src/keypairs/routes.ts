import type { FastifyInstance, FastifyRequest } from 'fastify'
import { computePageLinks, pageOf } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { maxLimit, parseQuery } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { Keypairs } from './keypairs.ts'
import { keypairListQuery, keypairQuery, keypairQueryWindows, parseCreateKeypair } from './schema.ts'
import { createdKeypair, keypairSummary, keypairView } from './view.ts'

interface KeypairPath {
  Params: { keypair_name: string }
}

/** The routes of `/os-keypairs`, relative to `/v2.1`. */
export function keypairRoutes(app: FastifyInstance, keypairs: Keypairs): void {
  const userOf = (request: FastifyRequest) => {
    const rules = { version: versionOf(request), windows: { user_id: keypairQueryWindows.user_id } }
    return parseQuery(keypairQuery, request.query, rules).user_id
  }

  app.get('/os-keypairs', async (request) => {
    const version = versionOf(request)
    const query = parseQuery(keypairListQuery, request.query, { version, windows: keypairQueryWindows })
    const page = version.atLeast('2.35') ? pageOf(query, { maxLimit, zero: 'none' }) : undefined
    const list = await keypairs.list(contextOf(request), query.user_id, page)
    const ids = list.map(({ name }) => name)
    const url = linksOf(request).self('/os-keypairs')
    return {
      keypairs: list.map((keypair) => keypairSummary(keypair, version)),
      ...(page ? computePageLinks('keypairs', { url, query, page, ids }) : {}),
    }
  })

  app.post('/os-keypairs', async (request, reply) => {
    const version = versionOf(request)
    const wanted = parseCreateKeypair(request.body, version)
    const { keypair, privateKey } = await keypairs.create(contextOf(request), wanted)
    reply.code(version.atLeast('2.2') ? 201 : 200)
    return createdKeypair(keypair, version, privateKey)
  })

  app.get<KeypairPath>('/os-keypairs/:keypair_name', async (request) => {
    const { keypair_name: name } = request.params
    const keypair = await keypairs.show(contextOf(request), name, userOf(request))
    return keypairView(keypair, versionOf(request))
  })

  app.delete<KeypairPath>('/os-keypairs/:keypair_name', async (request, reply) => {
    await keypairs.delete(contextOf(request), request.params.keypair_name, userOf(request))
    return reply.code(versionOf(request).atLeast('2.2') ? 204 : 202).send()
  })
}
