const paths = {
  now: "M2 8h2.5l2-5 3 10 2-5H14",
  where: "M2.5 3.5h11v9h-11zM2.5 6.5h11M6.2 6.5v6",
  apps: "M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3zM9 9h4v4H9z",
  hosts: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1",
  cloud: "M4.5 12.5a3 3 0 0 1-.4-6 4 4 0 0 1 7.7.6 2.7 2.7 0 0 1-.3 5.4z",
  audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  link: "M6.5 9.5 9.5 6.5M7.5 4.5l1-1a2.8 2.8 0 0 1 4 4l-1 1M8.5 11.5l-1 1a2.8 2.8 0 0 1-4-4l1-1",
  terminal: "m3 4.5 3.5 3.5L3 11.5M8.5 11.5H13",
  person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8ZM3 13.5c.5-2.5 2.5-3.6 5-3.6s4.5 1.1 5 3.6",
  stop: "M4 4h8v8H4z",
  play: "m5 3.5 7 4.5-7 4.5z",
  back: "M6 4 2.5 7.5 6 11M3 7.5h6.5a4 4 0 0 1 0 8",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  skip: "m3.5 4 5 4-5 4zM11.5 4v8",
  deploy: "M8 13V3.5M4 7.5l4-4 4 4",
  down: "M8 3v9.5M4 8.5l4 4 4-4",
  warning: "M8 2.5 14 13H2zM8 6.5v3M8 11.3v.1",
  lock: "M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2",
  none: "M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5 8 7.5 13.5 5M8 7.5v6",
  chevron: "m6 4 4 4-4 4",
} as const;

/** The name of an icon. */
export type IconName = keyof typeof paths;

/** An icon beside words that say the same. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
