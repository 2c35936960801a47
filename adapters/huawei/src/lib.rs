//! Huawei Push Kit for Android and HarmonyOS NEXT.
#![forbid(unsafe_code)]
