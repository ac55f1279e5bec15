// The web pages and the texts, embedded in the programs so that they cannot go missing.
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

/// One embedded file. The bytes live as long as the program.
typedef struct {
    const char *_Nonnull name;
    const char *_Nonnull mediaType;
    const unsigned char *_Nonnull bytes;
    unsigned long length;
} WebAsset;

/// The embedded file of that name ("screen.html", "texts/en.json"), or null if there is none.
const WebAsset *_Nullable webAssetNamed(const char *_Nonnull name);

#endif
