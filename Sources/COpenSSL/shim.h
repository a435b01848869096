// Message digests of OpenSSL 3.
#pragma once
#include <openssl/evp.h>
#include <openssl/rand.h>
