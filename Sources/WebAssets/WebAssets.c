// C23 #embed puts the files into the program. A new page or text: add its bytes here and its row below.
#include "WebAssets.h"
#include <stddef.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char screenHTML[] = {
#embed "www/screen.html"
};
static const unsigned char screenCSS[] = {
#embed "www/screen.css"
};
static const unsigned char screenJS[] = {
#embed "www/screen.js"
};
static const unsigned char deskHTML[] = {
#embed "www/desk.html"
};
static const unsigned char deskCSS[] = {
#embed "www/desk.css"
};
static const unsigned char deskJS[] = {
#embed "www/desk.js"
};
static const unsigned char textsChinese[] = {
#embed "texts/zh-Hans.json"
};
static const unsigned char textsEnglish[] = {
#embed "texts/en.json"
};
static const unsigned char receiptChinese[] = {
#embed "texts/receipt.zh-Hans.json"
};
static const unsigned char receiptEnglish[] = {
#embed "texts/receipt.en.json"
};
static const unsigned char deskChinese[] = {
#embed "texts/desk.zh-Hans.json"
};
static const unsigned char deskEnglish[] = {
#embed "texts/desk.en.json"
};

#define ASSET(name, type, bytes) {name, type, bytes, sizeof bytes}

static const WebAsset assets[] = {
    ASSET("screen.html", "text/html; charset=utf-8", screenHTML),
    ASSET("screen.css", "text/css; charset=utf-8", screenCSS),
    ASSET("screen.js", "text/javascript; charset=utf-8", screenJS),
    ASSET("desk.html", "text/html; charset=utf-8", deskHTML),
    ASSET("desk.css", "text/css; charset=utf-8", deskCSS),
    ASSET("desk.js", "text/javascript; charset=utf-8", deskJS),
    ASSET("texts/zh-Hans.json", "application/json", textsChinese),
    ASSET("texts/en.json", "application/json", textsEnglish),
    ASSET("texts/receipt.zh-Hans.json", "application/json", receiptChinese),
    ASSET("texts/receipt.en.json", "application/json", receiptEnglish),
    ASSET("texts/desk.zh-Hans.json", "application/json", deskChinese),
    ASSET("texts/desk.en.json", "application/json", deskEnglish),
};

const WebAsset *webAssetNamed(const char *name) {
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(assets[i].name, name) == 0) return &assets[i];
    }
    return NULL;
}
