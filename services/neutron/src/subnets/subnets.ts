import type { Transaction } from 'kysely'
import { conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Guard, Target } from '../api/guard.ts'
import { markerNotFound, type ListQuery } from '../api/list-query.ts'
import { ownerOf } from '../api/owner.ts'
import { standardRow } from '../api/standard-attributes.ts'
import { isStorable } from '../api/storable.ts'
import type { NeutronTables } from '../db/tables.ts'
import { overlap, parseCidr } from '../ip/cidr.ts'
import { assertGateway, assertPools, defaultGateway, defaultPools, invalid } from './addressing.ts'
import { subnetDocument, type SubnetCreation, type SubnetUpdate } from './schema.ts'
import type { PoolText } from './subnet.ts'
import type { SubnetRow, SubnetStore } from './store.ts'

/** As much of networks as subnets need. */
export interface SubnetNetworks {
  /** A network that the caller sees. @throws ApiError 404 `NetworkNotFound` */
  visible(context: RequestContext, id: string): Promise<{ id: string; project_id: string; shared: boolean }>
}

export interface SubnetParts {
  store: SubnetStore
  networks: SubnetNetworks
  guard: Guard
  /** Lets a project have one more. @throws ApiError 409 `OverQuota` */
  assertRoom: (trx: Transaction<NeutronTables>, projectId: string) => Promise<void>
  now: () => Date
  randomUUID: () => string
}

/** The rules of subnets. */
export class Subnets {
  readonly #parts: SubnetParts

  constructor(parts: SubnetParts) {
    this.#parts = parts
  }

  /** @throws ApiError 400, 403, 404 `NetworkNotFound`, 409 */
  async create(context: RequestContext, given: SubnetCreation): Promise<Record<string, unknown>> {
    const { guard, store, networks, assertRoom } = this.#parts
    const network = await networks.visible(context, given.network_id)
    const project_id = ownerOf(context, given, guard.isAdmin(context))
    const target = targetOf({ project_id }, network)
    guard.authorize(context, 'create_subnet', target)
    const cidr = this.#block(given)
    const gateway = given.gateway_ip === undefined ? defaultGateway(cidr) : given.gateway_ip
    if (gateway !== null) assertGateway(cidr, gateway)
    const pools = given.allocation_pools ?? defaultPools(cidr, gateway)
    assertPools(cidr, pools, gateway)
    const time = this.#parts.now().toISOString()
    const row = await store.insert(
      {
        ...standardRow(given, { id: this.#parts.randomUUID(), project_id, time }),
        network_id: network.id,
        ip_version: cidr.version,
        cidr: given.cidr,
        gateway_ip: gateway,
        enable_dhcp: Number(given.enable_dhcp ?? true),
        ipv6_ra_mode: given.ipv6_ra_mode ?? null,
        ipv6_address_mode: given.ipv6_address_mode ?? null,
        allocation_pools: JSON.stringify(pools),
        dns_nameservers: JSON.stringify(given.dns_nameservers ?? []),
        host_routes: JSON.stringify(given.host_routes ?? []),
      },
      { time },
      async (trx, others) => {
        if (
          others.some(
            (other) => overlap(parseCidr(other)!, cidr) && parseCidr(other)!.version === cidr.version,
          )
        ) {
          throw invalid(
            `Requested subnet with cidr: ${given.cidr} for network: ${network.id} overlaps with another subnet`,
          )
        }
        await assertRoom(trx, project_id)
      },
    )
    if (!row) throw notFound(`Network ${network.id} could not be found.`, { code: 'NetworkNotFound' })
    return guard.shown(context, 'subnet', subnetDocument(row), target)
  }

  /** @throws ApiError 404 `SubnetNotFound` if the marker is none */
  async list(context: RequestContext, query: ListQuery): Promise<Record<string, unknown>[]> {
    const { guard, store } = this.#parts
    const rows = await store.list(query, guard.seesAll(context) ? undefined : (context.projectId ?? ''))
    if (!rows) throw markerNotFound('SubnetNotFound', query.marker ?? '')
    const networks = await store.networks([...new Set(rows.map((row) => row.network_id))])
    return rows
      .map((row) => ({ document: subnetDocument(row), target: targetOf(row, networks.get(row.network_id)) }))
      .filter(({ target }) => guard.allows(context, 'get_subnet', target))
      .map(({ document, target }) => guard.shown(context, 'subnet', document, target))
  }

  /** @throws ApiError 404 `SubnetNotFound` */
  async show(context: RequestContext, id: string): Promise<Record<string, unknown>> {
    const { row, target } = await this.#visible(context, id)
    return this.#parts.guard.shown(context, 'subnet', subnetDocument(row), target)
  }

  /** @throws ApiError 400; 403; 404; 409 `GatewayIpInUse` and as for pools; 412 */
  async update(
    context: RequestContext,
    id: string,
    changes: SubnetUpdate,
    expected: number | undefined,
  ): Promise<Record<string, unknown>> {
    const { guard, store } = this.#parts
    const { target } = await this.#visible(context, id)
    guard.authorize(context, 'update_subnet', target, Object.keys(changes))
    const { enable_dhcp, allocation_pools, dns_nameservers, host_routes, gateway_ip, ...others } = changes
    const time = this.#parts.now().toISOString()
    const row = await store.update(id, { time, expected }, async (subnet, allocated) => {
      const cidr = parseCidr(subnet.cidr)!
      const gateway = gateway_ip === undefined ? subnet.gateway_ip : gateway_ip
      const pools = allocation_pools ?? (JSON.parse(subnet.allocation_pools) as PoolText[])
      if (gateway_ip) assertGateway(cidr, gateway_ip)
      if (gateway_ip !== undefined || allocation_pools) assertPools(cidr, pools, gateway)
      const old = subnet.gateway_ip
      if (gateway_ip !== undefined && old !== null && old !== gateway_ip && (await allocated(old))) {
        throw conflict(`Current gateway ip ${old} already in use by a port. Unable to update.`, {
          code: 'GatewayIpInUse',
        })
      }
      return {
        ...others,
        ...(gateway_ip === undefined ? {} : { gateway_ip }),
        ...(enable_dhcp === undefined ? {} : { enable_dhcp: Number(enable_dhcp) }),
        ...(allocation_pools ? { allocation_pools: JSON.stringify(pools) } : {}),
        ...(dns_nameservers === undefined ? {} : { dns_nameservers: JSON.stringify(dns_nameservers ?? []) }),
        ...(host_routes === undefined ? {} : { host_routes: JSON.stringify(host_routes ?? []) }),
      }
    })
    if (!row) throw missing(id)
    return guard.shown(context, 'subnet', subnetDocument(row), target)
  }

  /** @throws ApiError 403; 404; 409 `SubnetInUse`; 412 */
  async delete(context: RequestContext, id: string, expected: number | undefined): Promise<void> {
    const { guard, store, now } = this.#parts
    const { target } = await this.#visible(context, id)
    guard.authorize(context, 'delete_subnet', target)
    const result = await store.delete(id, { time: now().toISOString(), expected })
    if (result === undefined) throw missing(id)
    if (result === 'deleted') return
    throw conflict(
      `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
      { code: 'SubnetInUse' },
    )
  }

  async #visible(context: RequestContext, id: string): Promise<{ row: SubnetRow; target: Target }> {
    const { guard, store } = this.#parts
    const row = isStorable(id) ? await store.get(id) : undefined
    if (!row) throw missing(id)
    const networks = await store.networks([row.network_id])
    const target = targetOf(row, networks.get(row.network_id))
    guard.assertVisible(context, 'subnet', target, missing(id))
    return { row, target }
  }

  #block(given: SubnetCreation) {
    const cidr = parseCidr(given.cidr)!
    if (cidr.version !== given.ip_version) {
      throw invalid(`The cidr ${given.cidr} does not match the ip_version '${given.ip_version}'`)
    }
    if (cidr.prefix === 0) throw invalid('0 is not allowed as CIDR prefix length')
    const { ipv6_ra_mode: ra, ipv6_address_mode: mode } = given
    if (cidr.version === 4 && (ra ?? mode)) {
      throw invalid('ipv6_ra_mode and ipv6_address_mode are for IPv6 only')
    }
    if (ra && mode && ra !== mode)
      throw invalid(`ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${mode}' is not valid`)
    if (cidr.prefix !== 64 && [ra, mode].some((one) => one === 'slaac' || one === 'dhcpv6-stateless')) {
      throw invalid('Invalid CIDR for IPv6 address mode: prefix length must be 64')
    }
    return cidr
  }
}

/** What rules look at. */
function targetOf(
  subnet: { project_id: string },
  network: { project_id: string; shared: boolean } | undefined,
): Target {
  return {
    project_id: subnet.project_id,
    'network:project_id': network?.project_id,
    shared: network?.shared ?? false,
  }
}

function missing(id: string) {
  return notFound(`Subnet ${id} could not be found.`, { code: 'SubnetNotFound' })
}
