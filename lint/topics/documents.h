// documents.h
//
// Topics out of trees of YAML and JSON, and out of properties: the places where names stand.
#pragma once

#include <vector>

#include <rookery/base/node.h>
#include "lint/topics/properties.h"
#include "lint/topics/topic.h"

namespace rookery::lint {

// Adds the topics of a document: KafkaTopic manifests, `topics:`, keys that end in topic or topics,
// and a list of names.
void read_document(const Node& root, const std::string& file, Topics& topics);

void read_properties(const std::vector<Property>& properties, const std::string& file,
                     Topics& topics);

}  // namespace rookery::lint
