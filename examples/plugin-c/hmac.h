/* HMAC-SHA256 (FIPS 180-4, RFC 2104): what a plugin would take from the library it has. */
#include <stdint.h>
#include <string.h>

typedef struct sha256 {
  uint32_t state[8];
  uint8_t block[64];
  uint64_t length;
} sha256;

static void sha256_block(sha256 *h) {
  static const uint32_t k[64] = {
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
      0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
      0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
      0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
      0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
      0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  uint32_t w[64], s[8];
#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)h->block[4 * i] << 24 | (uint32_t)h->block[4 * i + 1] << 16 | (uint32_t)h->block[4 * i + 2] << 8 | h->block[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (ROTATE(w[i - 15], 7) ^ ROTATE(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (ROTATE(w[i - 2], 17) ^ ROTATE(w[i - 2], 19) ^ w[i - 2] >> 10);
  memcpy(s, h->state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t a = s[7] + (ROTATE(s[4], 6) ^ ROTATE(s[4], 11) ^ ROTATE(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
    uint32_t b = (ROTATE(s[0], 2) ^ ROTATE(s[0], 13) ^ ROTATE(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += a;
    s[0] = a + b;
  }
#undef ROTATE
  for (int i = 0; i < 8; i++) h->state[i] += s[i];
}

static void sha256_add(sha256 *h, const void *bytes, size_t length) {
  for (const uint8_t *at = bytes, *end = at + length; at < end; at++) {
    h->block[h->length++ % 64] = *at;
    if (h->length % 64 == 0) sha256_block(h);
  }
}

static void sha256_end(sha256 *h, uint8_t digest[32]) {
  const uint64_t bits = h->length * 8;
  for (sha256_add(h, "\x80", 1); h->length % 64 != 56;) sha256_add(h, "", 1);
  for (int i = 7; i >= 0; i--) sha256_add(h, &(uint8_t){(uint8_t)(bits >> 8 * i)}, 1);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(h->state[i / 4] >> (24 - i % 4 * 8));
}

static const sha256 SHA256 = {
    {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, {0}, 0};

/* 64 hexadecimal digits and the NUL after them. */
static void hmac_sha256_hex(const void *key, size_t key_length, const void *bytes, size_t length, char hex[65]) {
  sha256 hash = SHA256;
  uint8_t padded[64] = {0}, digest[32];
  if (key_length > 64) {
    sha256_add(&hash, key, key_length);
    sha256_end(&hash, padded);
  } else {
    memcpy(padded, key, key_length);
  }
  for (int round = 0; round < 2; round++) {
    uint8_t pad[64];
    for (int i = 0; i < 64; i++) pad[i] = padded[i] ^ (round ? 0x5c : 0x36);
    hash = SHA256;
    sha256_add(&hash, pad, 64);
    if (round)
      sha256_add(&hash, digest, 32);
    else
      sha256_add(&hash, bytes, length);
    sha256_end(&hash, digest);
  }
  for (int i = 0; i < 32; i++) hex[2 * i] = "0123456789abcdef"[digest[i] >> 4], hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
  hex[64] = 0;
}
