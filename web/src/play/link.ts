// A program in the fragment of an address, which browsers do not send to servers.

export interface Shared {
  code: string;
  input: string;
}

export function toFragment(shared: Shared): string {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromFragment(fragment: string): Shared | null {
  try {
    const bytes = Uint8Array.from(atob(fragment.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Shared;
    return typeof found.code === "string" && typeof found.input === "string" ? found : null;
  } catch {
    return null;
  }
}
