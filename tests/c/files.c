/* Saving, loading and rendering, in the folder that is the first argument. */
#include "goxel_headless.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static const goxel_color_t RED = {255, 0, 0, 255};
static const goxel_color_t BLUE = {0, 0, 255, 255};

static const char *folder;

/* The path of a file in the folder; the last four stay valid. */
static const char *in_folder(const char *name)
{
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* The first bytes of a file; what is not there stays 0. */
static const unsigned char *head_of(const char *path)
{
    static unsigned char head[32];
    memset(head, 0, sizeof head);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    if (!file) return head;
    CHECK(fread(head, 1, sizeof head, file) > 0);
    fclose(file);
    return head;
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL);
    if (!file) return;
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

static bool is_there(goxel_context_t *ctx, int x, const goxel_color_t *expected)
{
    goxel_color_t found;
    CHECK_EQ(goxel_get_voxel(ctx, x, 0, 0, &found), GOXEL_SUCCESS);
    return memcmp(&found, expected, sizeof found) == 0;
}

static goxel_context_t *new_context(void)
{
    goxel_context_t *ctx = goxel_create_context();
    CHECK_EQ(goxel_init_context(ctx), GOXEL_SUCCESS);
    return ctx;
}

static void the_ending_chooses_the_format(goxel_context_t *ctx)
{
    static const struct {
        const char *name, *format, *magic;
    } CASES[] = {
        {"a.gox", NULL, "GOX "}, {"a.vox", NULL, "VOX "}, {"A.VOX", NULL, "VOX "},
        {"a.dat", NULL, "GOX "}, {"a", NULL, "GOX "}, {"b.vox", "gox", "GOX "},
        {"b.gox", "vox", "VOX "}, {"c.gox", "VOX", "VOX "},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *path = in_folder(CASES[i].name);
        if (CASES[i].format)
            CHECK_EQ(goxel_save_project_format(ctx, path, CASES[i].format), GOXEL_SUCCESS);
        else
            CHECK_EQ(goxel_save_project(ctx, path), GOXEL_SUCCESS);
        CHECK(memcmp(head_of(path), CASES[i].magic, 4) == 0);
    }
}

/* b.vox holds gox data and b.gox vox data: see above. */
static void the_content_chooses_the_reader(void)
{
    const char *names[] = {"a.gox", "a.vox", "a.dat", "b.vox", "b.gox"};
    goxel_context_t *ctx = new_context();
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(goxel_close_project(ctx), GOXEL_SUCCESS);
        CHECK_EQ(goxel_load_project(ctx, in_folder(names[i])), GOXEL_SUCCESS);
        CHECK(is_there(ctx, 3, &RED));
    }
    goxel_destroy_context(ctx);
}

static void a_failed_load_keeps_the_project(goxel_context_t *ctx)
{
    write_text(in_folder("broken.gox"), "GOX \x02");
    write_text(in_folder("empty.gox"), "");
    write_text(in_folder("text.gox"), "this is no model");
    CHECK_EQ(goxel_load_project(ctx, in_folder("none.gox")), GOXEL_ERROR_FILE_NOT_FOUND);
    CHECK_EQ(goxel_load_project(ctx, ""), GOXEL_ERROR_FILE_NOT_FOUND);
    CHECK_EQ(goxel_load_project(ctx, folder), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_load_project(ctx, in_folder("a.gox/x")), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_load_project(ctx, in_folder("broken.gox")), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK_EQ(goxel_load_project(ctx, in_folder("empty.gox")), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK_EQ(goxel_load_project(ctx, in_folder("text.gox")), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK(strstr(goxel_get_last_error(ctx), "Failed to load project from '") != NULL);
    CHECK(strstr(goxel_get_last_error(ctx), "at byte 0") != NULL);
    CHECK(is_there(ctx, 3, &RED));
}

/* Every file that is a few bytes short is refused or read, and the context goes on. */
static void no_cut_file_does_harm(const char *name)
{
    static char bytes[1 << 16];
    goxel_context_t *ctx = new_context();
    FILE *file = fopen(in_folder(name), "rb");
    CHECK(file != NULL);
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) fclose(file);
    CHECK(size > 100 && size < sizeof bytes);
    for (size_t length = 0; length < size; length += 1 + size / 200) {
        FILE *cut = fopen(in_folder("cut"), "wb");
        CHECK(cut != NULL && fwrite(bytes, 1, length, cut) == length);
        if (cut) fclose(cut);
        goxel_error_t error = goxel_load_project(ctx, in_folder("cut"));
        CHECK(error == GOXEL_SUCCESS || error == GOXEL_ERROR_UNSUPPORTED_FORMAT);
        CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
    }
    goxel_destroy_context(ctx);
}

static void a_first_load_that_fails_leaves_a_project_if_the_file_opened(void)
{
    goxel_context_t *ctx = new_context();
    CHECK_EQ(goxel_load_project(ctx, in_folder("none.gox")), GOXEL_ERROR_FILE_NOT_FOUND);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(goxel_load_project(ctx, in_folder("text.gox")), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
    goxel_destroy_context(ctx);
}

static void a_save_that_cannot_be_is_told(goxel_context_t *ctx)
{
    CHECK_EQ(goxel_save_project(ctx, in_folder("none/a.gox")), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_save_project(ctx, in_folder("a.gox/a.gox")), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_save_project(ctx, folder), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_save_project(ctx, ""), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_save_project_format(ctx, in_folder("none/a"), "vox"), GOXEL_ERROR_FILE_ACCESS);
    CHECK_EQ(goxel_save_project_format(ctx, in_folder("x"), "stl"), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK(strstr(goxel_get_last_error(ctx), "'stl'") != NULL);
    CHECK(fopen(in_folder("x"), "rb") == NULL);
}

static unsigned big_endian(const unsigned char *bytes)
{
    return (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
}

static void check_png(const unsigned char *bytes, int width, int height)
{
    CHECK(memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
    CHECK_EQ(big_endian(bytes + 16), width);
    CHECK_EQ(big_endian(bytes + 20), height);
}

typedef struct {
    uint8_t *bytes;
    size_t size;
} picture_t;

static picture_t picture(goxel_context_t *ctx, int camera)
{
    picture_t made = {NULL, 0};
    goxel_render_options_t options = {48, 32, (goxel_camera_preset_t)camera, GOXEL_FORMAT_PNG, 0};
    CHECK_EQ(goxel_render_to_buffer(ctx, &made.bytes, &made.size, &options), GOXEL_SUCCESS);
    CHECK(made.bytes != NULL && made.size > 50);
    check_png(made.bytes, 48, 32);
    return made;
}

static bool same(picture_t a, picture_t b)
{
    return a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
}

static void each_camera_sees_something_else(goxel_context_t *ctx)
{
    picture_t seen[7];
    for (int i = 0; i < 7; i++) seen[i] = picture(ctx, i);
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++) CHECK(!same(seen[i], seen[j]));
    }
    picture_t again = picture(ctx, GOXEL_CAMERA_ISOMETRIC);
    CHECK(same(again, seen[GOXEL_CAMERA_ISOMETRIC]));
    free(again.bytes);
    for (int i = 0; i < 7; i++) free(seen[i].bytes);
}

static void hidden_layers_are_not_in_the_picture(goxel_context_t *ctx)
{
    goxel_layer_id_t layer;
    picture_t without = picture(ctx, GOXEL_CAMERA_ISOMETRIC);
    CHECK_EQ(goxel_create_layer(ctx, "more", NULL, false, &layer), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, 9, 9, 9, &BLUE), GOXEL_SUCCESS);
    picture_t hidden = picture(ctx, GOXEL_CAMERA_ISOMETRIC);
    CHECK_EQ(goxel_set_layer_visibility(ctx, layer, true), GOXEL_SUCCESS);
    picture_t shown = picture(ctx, GOXEL_CAMERA_ISOMETRIC);
    CHECK_EQ(goxel_delete_layer(ctx, layer), GOXEL_SUCCESS);
    CHECK(same(without, hidden) && !same(hidden, shown));
    free(without.bytes);
    free(hidden.bytes);
    free(shown.bytes);
}

static void pictures_go_to_files(goxel_context_t *ctx)
{
    goxel_render_options_t options = {40, 30, GOXEL_CAMERA_FRONT, GOXEL_FORMAT_PNG, -5};
    CHECK_EQ(goxel_render_to_file(ctx, in_folder("a.png"), &options), GOXEL_SUCCESS);
    check_png(head_of(in_folder("a.png")), 40, 30);
    CHECK_EQ(goxel_render_to_file(ctx, in_folder("none/a.png"), &options), GOXEL_ERROR_FILE_ACCESS);
}

static size_t picture_file(goxel_context_t *ctx, goxel_render_format_t format, int quality, const char *start)
{
    picture_t made = {NULL, 0};
    goxel_render_options_t options = {48, 32, GOXEL_CAMERA_FRONT, format, quality};
    CHECK_EQ(goxel_render_to_buffer(ctx, &made.bytes, &made.size, &options), GOXEL_SUCCESS);
    CHECK(made.size > 100 && memcmp(made.bytes, start, strlen(start)) == 0);
    free(made.bytes);
    return made.size;
}

static void formats_are_what_they_say(goxel_context_t *ctx)
{
    picture_t made = {NULL, 0};
    goxel_render_options_t options = {40, 30, GOXEL_CAMERA_FRONT, GOXEL_FORMAT_JPEG, 101};
    size_t usual = picture_file(ctx, GOXEL_FORMAT_JPEG, 0, "\xFF\xD8\xFF");
    CHECK_EQ(picture_file(ctx, GOXEL_FORMAT_JPEG, 90, "\xFF\xD8\xFF"), usual);
    CHECK(picture_file(ctx, GOXEL_FORMAT_JPEG, 1, "\xFF\xD8\xFF") < usual);
    CHECK_EQ(picture_file(ctx, GOXEL_FORMAT_BMP, -5, "BM"), 54 + 48 * 32 * 3);
    CHECK_EQ(goxel_render_to_buffer(ctx, &made.bytes, &made.size, &options), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(goxel_get_last_error(ctx), "Invalid render quality: 101") == 0);
    CHECK(fopen(in_folder("a.jpg"), "rb") == NULL);
    options.quality = 75;
    CHECK_EQ(goxel_render_to_file(ctx, in_folder("a.jpg"), &options), GOXEL_SUCCESS);
    CHECK(memcmp(head_of(in_folder("a.jpg")), "\xFF\xD8\xFF", 3) == 0);
}

static void a_picture_that_is_too_large_is_refused(goxel_context_t *ctx)
{
    picture_t made = {NULL, 7};
    goxel_render_options_t options = {2147483647, 2147483647, GOXEL_CAMERA_TOP, GOXEL_FORMAT_PNG, 1};
    goxel_error_t error = goxel_render_to_buffer(ctx, &made.bytes, &made.size, &options);
    CHECK_EQ(error, GOXEL_ERROR_RENDER_FAILED);
    CHECK(made.bytes == NULL && made.size == 7);
}

static void an_empty_project_has_a_picture_too(void)
{
    goxel_context_t *ctx = new_context();
    CHECK_EQ(goxel_create_project(ctx, "empty", 1, 1, 1), GOXEL_SUCCESS);
    free(picture(ctx, GOXEL_CAMERA_BACK).bytes);
    goxel_destroy_context(ctx);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    goxel_context_t *ctx = new_context();
    CHECK_EQ(goxel_create_project(ctx, "model", 32, 32, 32), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, 3, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, 5, 2, 4, &BLUE), GOXEL_SUCCESS);
    the_ending_chooses_the_format(ctx);
    the_content_chooses_the_reader();
    a_failed_load_keeps_the_project(ctx);
    a_first_load_that_fails_leaves_a_project_if_the_file_opened();
    no_cut_file_does_harm("a.gox");
    no_cut_file_does_harm("a.vox");
    a_save_that_cannot_be_is_told(ctx);
    each_camera_sees_something_else(ctx);
    hidden_layers_are_not_in_the_picture(ctx);
    pictures_go_to_files(ctx);
    formats_are_what_they_say(ctx);
    a_picture_that_is_too_large_is_refused(ctx);
    an_empty_project_has_a_picture_too();
    goxel_destroy_context(ctx);
    return report();
}
