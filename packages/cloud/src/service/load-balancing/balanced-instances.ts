/** What load balancing must know of instances. */
export interface BalancedInstances {
  find(
    id: string,
  ): { readonly state: string; readonly privateIp: string; readonly availabilityZone: string } | undefined;
  /** Where one of its ports is reached from the balancer's process. */
  addressOf(
    instance: { readonly instanceId: string; readonly privateIp: string },
    port: number,
  ): { readonly host: string; readonly port: number };
}
