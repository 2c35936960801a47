// The service worker of the page: what a push makes it show.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()));

self.addEventListener("push", event => {
  const { title, body, ...rest } = event.data.json().notification;
  event.waitUntil((async () => {
    await self.registration.showNotification(title, { body, ...rest });
    const shown = await self.registration.getNotifications();
    const told = shown.map(({ title, body, data }) => ({ title, body, data }));
    await fetch("/shown", { method: "POST", body: JSON.stringify(told) });
  })());
});
