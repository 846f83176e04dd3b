"""Which operations came together: operationIds, by what they are about and since when."""

AUTH = frozenset(
    {
        "get_setup_status_api_v1_auth_status_get",
        "login_api_v1_auth_login_post",
        "get_current_user_info_api_v1_auth_me_get",
        "list_users_api_v1_auth_users_get",
    }
)
IMAGES = frozenset(
    {
        "list_image_dtos",
        "upload_image",
        "delete_images_from_list",
        "star_images_in_list",
        "unstar_images_in_list",
        "get_image_dto",
        "delete_image",
        "get_image_metadata",
        "get_image_workflow",
        "get_image_urls",
        "get_image_full_head",
        "get_image_full",
        "get_image_thumbnail",
    }
)
VIDEOS = frozenset(
    {
        "get_video_dto",
        "delete_video",
        "get_video_metadata",
        "get_video_full_head",
        "get_video_full",
        "get_video_thumbnail",
        "delete_videos_from_list",
        "star_videos_in_list",
        "unstar_videos_in_list",
        "add_video_to_board",
    }
)
BOARDS = frozenset(
    {
        "create_board",
        "list_boards",
        "add_image_to_board",
        "remove_image_from_board",
        "add_images_to_board",
        "list_model_records",
        "empty_model_cache",
    }
)
WORKFLOWS = frozenset({"list_workflows", "get_workflow", "create_workflow"})
QUEUE = frozenset(
    {
        "enqueue_batch",
        "resume",
        "pause",
        "clear",
        "prune",
        "get_current_queue_item",
        "get_next_queue_item",
        "get_queue_status",
        "get_queue_item",
        "cancel_queue_item",
    }
)
QUEUE_5_15 = QUEUE | {
    "list_queue_items",
    "cancel_all_except_current",
    "cancel_by_batch_ids",
    "cancel_by_destination",
    "retry_items_by_id",
    "get_batch_status",
    "counts_by_destination",
}
QUEUE_6_6 = QUEUE_5_15 | {
    "list_all_queue_items",
    "delete_all_except_current",
    "delete_queue_item",
    "delete_by_destination",
}
QUEUE_6_9 = (QUEUE_6_6 - {"list_queue_items"}) | {"get_queue_item_ids", "get_queue_items_by_item_ids"}
