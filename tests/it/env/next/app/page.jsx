'use client';

// What starts with NEXT_PUBLIC_ is replaced when the app is built.
export default function Page() {
  const load = () => fetch(`${process.env.NEXT_PUBLIC_API_URL}/todos`, { headers: { token: process.env.NEXT_PUBLIC_AUTH_SECRET } });
  return <button onClick={load}>{process.env.NEXT_PUBLIC_APP_URL}</button>;
}
