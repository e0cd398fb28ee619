# Embed.cmake - turns a text file into a C array: cmake -DIN=a.css -DOUT=a_css.c -DNAME=page_css -P Embed.cmake
file(READ ${IN} hex HEX)
file(SHA256 ${IN} sha256)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUT} "/* Made from ${NAME} by cmake/Embed.cmake. */
extern const char ${NAME}[], ${NAME}_sha256[];
const char ${NAME}[] = {\n${bytes}0};
const char ${NAME}_sha256[] = \"${sha256}\";
")
