import type { Selectable, Transaction } from 'kysely'
import { badRequest, conflict } from '@longhaul/oslo/api'
import type { NeutronTables, SubnetTable } from '../db/tables.ts'
import { formatAddress, parseAddress } from '../ip/address.ts'
import { contains, hostRange, parseCidr } from '../ip/cidr.ts'
import { eui64, freeAddress } from './free-address.ts'

/** An address of a port. */
export interface FixedIp {
  subnet_id: string
  ip_address: string
}

/** A wish for one: of a subnet, or exactly this. */
export interface WantedIp {
  subnet_id?: string | undefined
  ip_address?: string | undefined
}

type Subnet = Selectable<SubnetTable>

export interface Allocation {
  networkId: string
  macAddress: string
  /** Undefined for one of each IP version. */
  wanted: readonly WantedIp[] | undefined
  /** What the port has already: kept where it is wanted. */
  held: readonly FixedIp[]
  random: (below: number) => number
}

/**
 * Chooses the addresses of a port. That nobody else gets them is up to the table's key.
 *
 * @throws ApiError 400 `InvalidIpForNetwork`, `InvalidIpForSubnet`, `InvalidInput`; 409 `IpAddressGenerationFailure`,
 *   `IpAddressAlreadyAllocated`
 * @see openstack/neutron neutron/db/ipam_pluggable_backend.py
 */
export async function chooseAddresses(
  trx: Transaction<NeutronTables>,
  allocation: Allocation,
): Promise<FixedIp[]> {
  const { networkId, wanted, held } = allocation
  const subnets = await trx
    .selectFrom('subnets')
    .selectAll()
    .where('network_id', '=', networkId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const choice = new Choice(trx, allocation, held)
  if (wanted === undefined) {
    await choice.one(subnets.filter((subnet) => subnet.ip_version === 4))
    const ofIpv6 = subnets.filter((subnet) => subnet.ip_version === 6)
    const automatic = ofIpv6.filter(isAutomatic)
    for (const subnet of automatic) await choice.one([subnet])
    if (automatic.length === 0) await choice.one(ofIpv6)
    return choice.chosen
  }
  // What is named goes first, so that it is not given away as a free one.
  for (const wish of wanted.filter((one) => one.ip_address !== undefined)) await choice.named(wish, subnets)
  for (const wish of wanted.filter((one) => one.ip_address === undefined)) {
    await choice.one([subnetOf(wish.subnet_id!, subnets, networkId)])
  }
  return choice.chosen
}

/** Addresses as they are chosen, one after the other. */
class Choice {
  readonly chosen: FixedIp[] = []
  readonly #trx: Transaction<NeutronTables>
  readonly #allocation: Allocation
  readonly #held: FixedIp[]

  constructor(trx: Transaction<NeutronTables>, allocation: Allocation, held: readonly FixedIp[]) {
    this.#trx = trx
    this.#allocation = allocation
    this.#held = [...held]
  }

  /** One address of the first subnet that has any. */
  async one(subnets: readonly Subnet[]): Promise<void> {
    for (const subnet of subnets) {
      const found = this.#heldOf(subnet) ?? (await this.#free(subnet))
      if (found === undefined) continue
      this.chosen.push({ subnet_id: subnet.id, ip_address: found })
      return
    }
    if (subnets.length === 0) return
    throw conflict(`No more IP addresses available on network ${this.#allocation.networkId}.`, {
      code: 'IpAddressGenerationFailure',
    })
  }

  async named(wish: WantedIp, subnets: readonly Subnet[]): Promise<void> {
    const { networkId } = this.#allocation
    const ip_address = wish.ip_address!
    const address = parseAddress(ip_address)!
    const isIn = (one: Subnet) => contains(parseCidr(one.cidr)!, address)
    const subnet =
      wish.subnet_id === undefined ? subnets.find(isIn) : subnetOf(wish.subnet_id, subnets, networkId)
    if (!subnet) {
      throw badRequest(
        `IP address ${ip_address} is not a valid IP for any of the subnets on the specified network.`,
        {
          code: 'InvalidIpForNetwork',
        },
      )
    }
    const { first, last } = hostRange(parseCidr(subnet.cidr)!)
    if (!isIn(subnet) || address.value < first || address.value > last) {
      throw badRequest(`IP address ${ip_address} is not a valid IP for the specified subnet.`, {
        code: 'InvalidIpForSubnet',
      })
    }
    const place = this.#held.findIndex((one) => one.ip_address === ip_address && one.subnet_id === subnet.id)
    if (place >= 0) this.#held.splice(place, 1)
    else if ((await this.#taken(subnet)).has(address.value)) throw alreadyAllocated(ip_address, subnet.id)
    this.chosen.push({ subnet_id: subnet.id, ip_address })
  }

  #heldOf(subnet: Subnet): string | undefined {
    const place = this.#held.findIndex((one) => one.subnet_id === subnet.id)
    return place < 0 ? undefined : this.#held.splice(place, 1)[0]!.ip_address
  }

  async #free(subnet: Subnet): Promise<string | undefined> {
    const { macAddress, random } = this.#allocation
    const taken = await this.#taken(subnet)
    if (isAutomatic(subnet)) {
      const own = eui64(parseCidr(subnet.cidr)!.first, macAddress)
      return taken.has(own.value) ? undefined : formatAddress(own)
    }
    const pools = JSON.parse(subnet.allocation_pools) as { start: string; end: string }[]
    const found = freeAddress(pools, taken, random)
    return found && formatAddress(found)
  }

  async #taken(subnet: Subnet): Promise<Set<bigint>> {
    const rows = await this.#trx
      .selectFrom('ip_allocations')
      .select('ip_address')
      .where('subnet_id', '=', subnet.id)
      .execute()
    const all = [...rows, ...this.chosen.filter((one) => one.subnet_id === subnet.id)]
    return new Set(all.map((row) => parseAddress(row.ip_address)!.value))
  }
}

function isAutomatic(subnet: Subnet): boolean {
  return subnet.ipv6_address_mode === 'slaac' || subnet.ipv6_address_mode === 'dhcpv6-stateless'
}

function subnetOf(id: string, subnets: readonly Subnet[], networkId: string): Subnet {
  const found = subnets.find((subnet) => subnet.id === id)
  if (found) return found
  throw badRequest(
    `Invalid input for operation: Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${id}.`,
    { code: 'InvalidInput' },
  )
}

function alreadyAllocated(address: string, subnetId: string) {
  return conflict(`IP address ${address} already allocated in subnet ${subnetId}.`, {
    code: 'IpAddressAlreadyAllocated',
  })
}
