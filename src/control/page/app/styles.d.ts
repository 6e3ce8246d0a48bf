/** Style sheets are bundled by vite; to the compiler they are nothing but a side effect. */
declare module "*.css";
