/** Whether a host's agent is alive. */
export const AgentTag = ({ isSilent }: { readonly isSilent: boolean }) =>
  isSilent ? <span class="tag wait">silent</span> : <span class="tag ok">alive</span>;
