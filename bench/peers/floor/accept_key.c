/* Sec-WebSocket-Accept: base64(SHA-1(key + GUID)), by hand so that the floor needs nothing but a C compiler.
 * SHA-1 is FIPS 180-4; key and GUID always fit into two blocks. */
#include "accept_key.h"

#include <stdint.h>
#include <string.h>

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1_block(uint32_t h[5], const unsigned char *block)
{
	uint32_t w[80];
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);

	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	for (int i = 0; i < 80; i++) {
		uint32_t f, k;
		if (i < 20)
			f = (b & c) | (~b & d), k = 0x5A827999;
		else if (i < 40)
			f = b ^ c ^ d, k = 0x6ED9EBA1;
		else if (i < 60)
			f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
		else
			f = b ^ c ^ d, k = 0xCA62C1D6;
		uint32_t next = rotate(a, 5) + f + e + k + w[i];
		e = d, d = c, c = rotate(b, 30), b = a, a = next;
	}
	h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const unsigned char *bytes, size_t length, unsigned char digest[20])
{
	unsigned char padded[128] = {0}; /* length + 9 <= 128, by accept_key() */
	size_t blocks = (length + 9 + 63) / 64;
	memcpy(padded, bytes, length);
	padded[length] = 0x80;
	padded[64 * blocks - 2] = (unsigned char)(length * 8 >> 8);
	padded[64 * blocks - 1] = (unsigned char)(length * 8);

	uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
	for (size_t i = 0; i < blocks; i++)
		sha1_block(h, padded + 64 * i);
	for (int i = 0; i < 20; i++)
		digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void accept_key(const char *key, size_t length, char accept[29])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char text[24 + sizeof GUID] = {0}, digest[21] = {0};
	if (length > 24) /* a legal key has 24 characters */
		length = 24;
	memcpy(text, key, length);
	memcpy(text + length, GUID, sizeof GUID - 1);
	sha1(text, length + sizeof GUID - 1, digest);

	for (int i = 0; i < 7; i++) {
		const unsigned char *d = digest + 3 * i;
		uint32_t three = (uint32_t)d[0] << 16 | d[1] << 8 | d[2];
		for (int j = 0; j < 4; j++)
			accept[4 * i + j] = digits[three >> (18 - 6 * j) & 63];
	}
	accept[27] = '='; /* 20 bytes are one short of 21 */
	accept[28] = 0;
}
