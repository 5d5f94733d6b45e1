/** 0 or 1: SQLite has no boolean. */
type Flag = number

/** What every resource of the API has. */
interface StandardAttributes {
  id: string
  project_id: string
  name: string
  description: string
  /** Grows with each change that clients can see. */
  revision_number: number
  /** ISO 8601 with milliseconds, UTC. */
  created_at: string
  updated_at: string
}

/** Table `networks`. */
export interface NetworkTable extends StandardAttributes {
  admin_state_up: Flag
  shared: Flag
  /** Bytes. */
  mtu: number
  status: string
}

/** Table `subnets`. */
export interface SubnetTable extends StandardAttributes {
  network_id: string
  ip_version: number
  cidr: string
  gateway_ip: string | null
  enable_dhcp: Flag
  ipv6_ra_mode: string | null
  ipv6_address_mode: string | null
  /** JSON: list of `{start, end}`. */
  allocation_pools: string
  /** JSON: list of addresses. */
  dns_nameservers: string
  /** JSON: list of `{destination, nexthop}`. */
  host_routes: string
}

/** Table `ports`; no two of a network have the same MAC address. */
export interface PortTable extends StandardAttributes {
  network_id: string
  mac_address: string
  admin_state_up: Flag
  status: string
  device_id: string
  device_owner: string
  /** JSON: list of `{ip_address, mac_address}`. */
  allowed_address_pairs: string
}

/** Table `ip_allocations`: its primary key is what keeps an address from being given twice. */
export interface IpAllocationTable {
  subnet_id: string
  /** In its canonical form. */
  ip_address: string
  port_id: string
  /** Place among the addresses of its port. */
  position: number
}

/** Table `port_bindings`: a row for each host that a port is wired on or is about to be; one of a port is ACTIVE. */
export interface PortBindingTable {
  port_id: string
  /** Empty for a port that is on no host. */
  host: string
  vnic_type: string
  /** JSON. */
  profile: string
  vif_type: string
  /** JSON. */
  vif_details: string
  /** Where guests send datagrams to, on the host; null unless the host's switch wires the port. */
  udp_port: number | null
  status: string
  /** Whether the host's switch says that it is wired. */
  plugged: Flag
}

/** Table `agents`: the L2 agents of hosts. */
export interface AgentTable {
  host: string
  /** Address of the host that guests send datagrams to, and the ports there that bindings may have. */
  local_ip: string
  first_port: number
  last_port: number
  /** Where other agents reach the agent's link, `address:port`. */
  link: string
  /** When it was last heard of, ISO 8601 with milliseconds. */
  seen_at: string
  /** Number of the last change of what it has to wire, and the last one that it has wired. */
  wanted: number
  wired: number
}

/** Table `quotas`: limits that differ from the options. */
interface QuotaTable {
  project_id: string
  resource: string
  hard_limit: number
}

/** Table `quota_locks`: a row for each project that ever made something; who holds it may count. */
interface QuotaLockTable {
  project_id: string
}

/** All tables of the service. */
export interface NeutronTables {
  networks: NetworkTable
  subnets: SubnetTable
  ports: PortTable
  ip_allocations: IpAllocationTable
  port_bindings: PortBindingTable
  agents: AgentTable
  quotas: QuotaTable
  quota_locks: QuotaLockTable
}
