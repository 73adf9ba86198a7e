#ifndef ACCEPT_KEY_H
#define ACCEPT_KEY_H

#include <stddef.h>

/* The 28 characters of Sec-WebSocket-Accept for a client's Sec-WebSocket-Key (RFC 6455, 4.2.2), and a zero. */
void accept_key(const char *key, size_t length, char accept[29]);

#endif
