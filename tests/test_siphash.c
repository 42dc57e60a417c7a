/*
 * test_siphash.c - SipHash-2-4 against its authors' vectors.
 */
/* SPDX-License-Identifier: MIT */
#include "protocols/transport/siphash.h"

#include <check.h>

Suite *siphash_suite(void);

/* Key 00 01 ... 0f, input 00 01 ... of each length: the paper's appendix A has that of 15. */
START_TEST(hashes_as_published)
{
    static const struct { size_t n; uint64_t hash; } rows[] = {
        { 0, 0x726fdb47dd0e0e31u }, { 1, 0x74f839c593dc67fdu },  { 7, 0xab0200f58b01d137u },
        { 8, 0x93f5f5799a932462u }, { 15, 0xa129ca6149be45e5u }, { 16, 0x3f2acc7f57c29bdbu },
    };
    uint8_t key[SIPHASH_KEY], input[16];

    for (uint8_t i = 0; i < 16; i++)
        key[i] = input[i] = i;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_uint_eq(siphash(key, (Span){ input, rows[i].n }), rows[i].hash);
}
END_TEST

Suite *siphash_suite(void)
{
    Suite *s = suite_create("siphash");
    TCase *tc = tcase_create("hash");

    tcase_add_test(tc, hashes_as_published);
    suite_add_tcase(s, tc);
    return s;
}
