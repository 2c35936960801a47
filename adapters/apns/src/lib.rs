//! Apple Push Notification service for zpns
